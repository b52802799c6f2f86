#include "coordinator/core/told_by_node.h"

#include <type_traits>
#include <utility>
#include <vector>

#include "common/facts/text.h"
#include "common/wire/fields.h"

namespace sn::coordinator {

namespace {

std::string short_text(const std::string& text) {
  std::string line = plain_line(text);
  if (line.size() > kMaxToldText) line = line.substr(0, kMaxToldText - 3) + "...";
  return line;
}

// A visitor of a struct's fields that mends them in place.
class Mending {
 public:
  explicit Mending(const std::string& node) : node_(node) {}

  [[nodiscard]] static bool reads() { return false; }
  [[nodiscard]] static bool with_text() { return false; }
  template <class T>
  void optional(const char*, T& value) {
    mend(value);
  }
  template <class T>
  void operator()(const char*, T& value) {
    mend(value);
  }

  template <class T>
  void mend(T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      value = plain_line(value);
    } else if constexpr (std::is_same_v<T, Fact>) {
      value = mended(value, kMaxToldDepth);
    } else if constexpr (std::is_same_v<T, Cure>) {
      value = mended(value, kMaxToldSteps);
    } else if constexpr (std::is_same_v<T, ServicePort>) {
      // two numbers
    } else if constexpr (std::is_class_v<T>) {
      using wire::fields;
      fields(*this, value);
    }  // numbers and words of closed lists are what they are
  }
  template <class T>
  void mend(std::vector<T>& values) {
    for (auto& value : values) mend(value);
  }

 private:
  static Details mended(Details with) {
    for (auto* text : {&with.node, &with.sn, &with.to, &with.place, &with.other_place,
                       &with.address, &with.name, &with.value, &with.by, &with.said}) {
      *text = short_text(*text);
    }
    for (auto* list : {&with.nodes, &with.sns, &with.others}) {
      if (list->size() > kMaxToldItems) list->resize(kMaxToldItems);
      for (auto& text : *list) text = short_text(text);
    }
    return with;
  }

  static Fact mended(const Fact& fact, size_t depth) {
    if (fact.empty() || depth == 0) return {};
    return {fact.code(), mended(fact.with()), mended(fact.because(), depth - 1)};
  }

  [[nodiscard]] Cure mended(const Cure& cure, size_t steps) const {
    if (cure.empty() || steps == 0) return {};
    Cure step(cure.code(), mended(cure.with()));
    if (cure.code() == CureCode::clear_node && cure.with().node != node_) return {};
    const bool taken = is_of_a_node(cure.code()) || cure.code() == CureCode::clear_node ||
                       cure.code() == CureCode::node_says;  // what was mended stays as it is
    if (!taken) {
      step = Cure(CureCode::node_says, {.said = short_text(text_of(step))});
    }
    return step.then(mended(cure.next(), steps - 1));
  }

  const std::string& node_;
};

}  // namespace

wire::ToCoordinator told_by(const std::string& node, wire::ToCoordinator message) {
  Mending mending(node);
  std::visit([&](auto& one) { mending.mend(one); }, message);
  return message;
}

}  // namespace sn::coordinator
