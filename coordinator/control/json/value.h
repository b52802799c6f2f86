// Values to JSON and back. A struct has one function template `fields` that names its keys once,
// for both directions, in the order in which they are written; this finds it beside the struct's
// answer, in this namespace and no nameless one.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/wire/messages.h"
#include "coordinator/control/json/answers.h"

namespace sn::coordinator {

struct Writer {
  Json out = Json::object();

  [[nodiscard]] static bool reads() { return false; }
  // Whoever reads the line with a program's eyes takes the code, whoever prints it the words.
  [[nodiscard]] static bool with_text() { return true; }
  template <class T>
  void operator()(const char* key, T& value) {
    out[key] = json_of(value);
  }
  template <class T>
  void optional(const char* key, T& value) {
    if (!(value == T{})) (*this)(key, value);
  }

  static Json json_of(std::string& value) { return value; }
  static Json json_of(ServicePort& service) { return service.to_string(); }
  static Json json_of(Fact& fact) { return fact.empty() ? Json(nullptr) : object_of(fact); }
  static Json json_of(Cure& cure) { return cure.empty() ? Json(nullptr) : object_of(cure); }
  // "observed": {"SN1P": 9} reads better than a list of pairs.
  static Json json_of(std::vector<wire::Binding>& bindings) {
    Json object = Json::object();
    for (const auto& binding : bindings) object[binding.service_node] = binding.references;
    return object;
  }
  template <class T>
  static Json json_of(std::vector<T>& list) {
    Json array = Json::array();
    for (auto& item : list) array.push_back(json_of(item));
    return array;
  }
  template <class T>
  static Json json_of(T& value) {
    if constexpr (std::is_enum_v<T>) {
      return to_string(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return value;
    } else {
      return object_of(value);
    }
  }
  template <class T>
  static Json object_of(T& value) {
    Writer writer;
    fields(writer, value);
    return std::move(writer.out);
  }
};

// Takes what is there and of the right type; `wrong` names the first key that is not.
struct Reader {
  const Json& in;
  std::set<std::string> asked;
  std::string wrong;

  explicit Reader(const Json& object) : in(object) {}

  [[nodiscard]] static bool reads() { return true; }
  [[nodiscard]] static bool with_text() { return false; }
  template <class T>
  void optional(const char* key, T& value) {
    (*this)(key, value);
  }
  template <class T>
  void operator()(const char* key, T& value) {
    asked.insert(key);
    const auto found = in.find(key);
    if (found == in.end() || found->is_null()) return;
    if (!take(*found, value) && wrong.empty()) wrong = key;
  }

  static bool take(const Json& from, std::string& value) {
    if (!from.is_string()) return false;
    value = from.get_ref<const std::string&>();
    return true;
  }
  static bool take(const Json& from, ServicePort& service) {
    if (!from.is_string()) return false;
    const auto found = ServicePort::parse(from.get_ref<const std::string&>());
    if (found) service = *found;
    return found.has_value();
  }
  static bool take(const Json& from, bool& value) {
    if (!from.is_boolean()) return false;
    value = from.get<bool>();
    return true;
  }
  static bool take(const Json& from, std::vector<wire::Binding>& bindings) {
    if (!from.is_object()) return false;
    for (const auto& [name, count] : from.items()) {
      wire::Binding binding{name, 0};
      if (!take(count, binding.references)) return false;
      bindings.push_back(std::move(binding));
    }
    return true;
  }
  template <class T>
  static bool take(const Json& from, std::vector<T>& list) {
    if (!from.is_array()) return false;
    list.clear();
    for (const auto& item : from) {
      if (!take(item, list.emplace_back())) return false;
    }
    return true;
  }
  template <class T>
  static bool take(const Json& from, T& value) {
    if constexpr (std::is_enum_v<T>) {
      if (!from.is_string()) return false;
      const auto found = from_word<T>(from.get_ref<const std::string&>());
      if (found) value = *found;
      return found.has_value();
    } else if constexpr (std::is_integral_v<T>) {
      if (!from.is_number_integer()) return false;
      // The parser keeps what is not negative as unsigned.
      if (from.is_number_unsigned()) {
        if (!std::in_range<T>(from.get<uint64_t>())) return false;
        value = static_cast<T>(from.get<uint64_t>());
      } else {
        if (!std::in_range<T>(from.get<int64_t>())) return false;
        value = static_cast<T>(from.get<int64_t>());
      }
      return true;
    } else {
      if (!from.is_object()) return false;
      Reader reader(from);
      fields(reader, value);
      return reader.wrong.empty();
    }
  }
};

template <class T>
bool read(const Json& json, T& value) {
  return Reader::take(json, value);
}

// {"answer": kind, ...}
inline Json named(const char* kind, const Json& rest) {
  Json object = Json::object();
  object["answer"] = kind;
  object.update(rest);
  return object;
}

}  // namespace sn::coordinator
