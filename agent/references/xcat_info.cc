#include "agent/references/xcat_info.h"

#include <algorithm>

#include "agent/references/edit_list.h"
#include "agent/references/lines.h"
#include "agent/references/mention.h"

namespace sn::agent {

namespace {

constexpr std::string_view kServer = "XCATSERVER";
constexpr std::string_view kGroup = "SERVICEGROUP";

struct Setting {
  Line line;
  std::string_view key;
  Word value;  // without quotes and the blanks around it
};

// The lines of the two keys that name servers.
Result<std::vector<Setting>> settings_of(std::string_view path, std::string_view text) {
  std::vector<Setting> settings;
  for (const auto& line : lines_of(text)) {
    size_t start = 0;
    while (start < line.text.size() && is_blank(line.text[start])) ++start;
    const size_t equals = line.text.find('=', start);
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.text.substr(start, equals - start);
    if (key != kServer && key != kGroup) continue;

    size_t begin = equals + 1;
    size_t end = line.text.size();
    while (begin < end && is_blank(line.text[begin])) ++begin;
    while (end > begin && is_blank(line.text[end - 1])) --end;
    if (begin < end && (line.text[begin] == '\'' || line.text[begin] == '"')) {
      if (end - begin < 2 || line.text[end - 1] != line.text[begin]) {
        return fail(ErrorClass::corrupt, "reading", place_of(path, line.number),
                    Fact(FactCode::not_understood, {},
                         Fact(FactCode::quote_of_not_closed, {.name = std::string(key)})),
                    Cure(CureCode::close_it));
      }
      ++begin;
      --end;
    }
    settings.push_back({line, key, {line.offset + begin, line.text.substr(begin, end - begin)}});
  }
  return settings;
}

// The value without the blanks inside its quotes, and without a port: readers append their own.
Word host_of(const Word& value) {
  const auto words = words_of(value.text, value.offset);
  if (words.size() != 1) return {value.offset, {}};
  Word host = words.front();
  const size_t colon = host.text.find(':');
  if (colon != std::string_view::npos && colon == host.text.rfind(':')) {
    host.text = host.text.substr(0, colon);
  }
  return host;
}

// The items between the commas, without blanks around them. Never empty.
std::vector<Word> items_of(const Word& value) {
  std::vector<Word> items;
  for (size_t begin = 0; begin <= value.text.size();) {
    const size_t end = std::min(value.text.find(',', begin), value.text.size());
    const auto words = words_of(value.text.substr(begin, end - begin), value.offset + begin);
    if (!words.empty()) {
      items.push_back(
          {words.front().offset, value.text.substr(words.front().offset - value.offset,
                                                   words.back().stop() - words.front().offset)});
    }
    begin = end + 1;
  }
  return items;
}

Status plan_group(const Setting& setting, const std::string& place, const IdentityIndex& identity,
                  const Move& move, EditList& edits) {
  const auto items = items_of(setting.value);
  const auto old = std::find_if(items.begin(), items.end(), [&](const Word& item) {
    return from_owner(item.text, identity, move).has_value();
  });
  if (old == items.end()) return {};

  const auto is_target = [&](const Word& item) {
    const auto owner = identity.owner_of(item.text);
    return owner && owner->kind == Owner::Kind::service_node && owner->name == move.to;
  };
  const auto found = std::find_if(items.begin(), items.end(), is_target);
  std::string wanted;
  if (found != items.end()) {
    wanted = found->text;  // in its own case and form
  } else {
    const auto moved = moved_token(old->text, identity, move, place);
    if (!moved) return tl::unexpected(moved.error());
    wanted = moved->value_or("");
  }
  if (found != items.begin()) edits.insert(items.front().offset, wanted + ",");
  for (size_t i = 1; i < items.size(); ++i) {
    if (is_target(items[i])) edits.erase(items[i - 1].stop(), items[i].stop());
  }
  return {};
}

}  // namespace

Result<std::vector<Reference>> XcatInfo::discover(const std::string& path, std::string_view text,
                                                  const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto settings = settings_of(path, text);
  if (!settings) return tl::unexpected(settings.error());
  std::vector<Mention> mentions;
  for (const auto& setting : *settings) {
    if (setting.key == kServer) {
      const Word host = host_of(setting.value);
      mentions.push_back({host.offset, host.text, setting.line.number, kServer});
      continue;
    }
    for (const auto& item : items_of(setting.value)) {
      mentions.push_back(
          {item.offset, item.text, setting.line.number, kGroup, ReferenceRole::keep});
    }
  }
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> XcatInfo::plan(const std::string& path, std::string_view text,
                                const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto settings = settings_of(path, text);
  if (!settings) return tl::unexpected(settings.error());
  EditList edits(text);
  for (const auto& setting : *settings) {
    const std::string place = place_of(path, setting.line.number);
    if (setting.key == kGroup) {
      if (auto ok = plan_group(setting, place, identity, move, edits); !ok) {
        return tl::unexpected(ok.error());
      }
      continue;
    }
    const Word host = host_of(setting.value);
    const auto moved = moved_token(host.text, identity, move, place);
    if (!moved) return tl::unexpected(moved.error());
    if (*moved) edits.replace(host.offset, host.text.size(), **moved);
  }
  return FilePlan{edits.take(), {}, {}};
}

}  // namespace sn::agent
