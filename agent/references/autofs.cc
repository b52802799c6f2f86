#include "agent/references/autofs.h"

#include <algorithm>
#include <array>

#include "agent/references/assignments.h"
#include "agent/references/environment.h"
#include "agent/references/ini.h"
#include "agent/references/nfs_mount.h"
#include "agent/references/other_mount.h"

namespace sn::agent {

namespace {

constexpr std::string_view kKeyLabel = "key";
constexpr std::string_view kMapServerLabel = "map server";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r'; }

// The words of every entry: continuation lines joined, comments and empty lines left out.
class Entries {
 public:
  explicit Entries(std::string_view text) : text_(text) {}

  std::vector<std::vector<Word>> read() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\n') {
        finish();
        ++at_;
      } else if (is_space(text_[at_])) {
        ++at_;
      } else if (continues()) {
        at_ += 2;
      } else if (text_[at_] == '#') {
        skip_comment();
      } else {
        words_.push_back(word());
      }
    }
    finish();
    return std::move(entries_);
  }

 private:
  [[nodiscard]] bool continues() const { return text_.substr(at_, 2) == "\\\n"; }

  void finish() {
    if (!words_.empty()) entries_.push_back(std::move(words_));
    words_.clear();
  }

  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
  }

  Word word() {
    const size_t begin = at_;
    bool quoted = false;
    while (at_ < text_.size() && text_[at_] != '\n') {
      const char c = text_[at_];
      if (is_space(c) && !quoted) break;
      if (continues()) {
        // Taken out by the reader, so the word goes on behind it, unless a blank follows.
        const auto behind = text_.substr(at_ + 2, 1);
        if (behind.empty() || behind == "\n" || is_space(behind.front())) break;
      }
      if (c == '"') quoted = !quoted;
      at_ += c == '\\' ? 2 : 1;
    }
    at_ = std::min(at_, text_.size());
    return {begin, text_.substr(begin, at_ - begin)};
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Word> words_;
  std::vector<std::vector<Word>> entries_;
};

// ---------------------------------------------------------------- maps

struct Location {
  Word word;
  NfsSource source;
};

// What is mounted at one place: the key itself, or one offset of a multi-mount.
struct MapMount {
  Word key;
  NfsOptions options;
  std::vector<Location> locations;
};

std::string plain_path(const Word& path, std::string_view key) {
  std::string text;
  for (const char c : path.text) {
    if (c == '&' && key != "*") {
      text += key;
    } else if (c != '"' && c != '\\') {
      text += c;
    }
  }
  return text;
}

Word without_quote(const Word& word) {
  if (!word.text.starts_with('"')) return word;
  return {word.offset + 1, word.text.substr(1)};
}

void read_entry(const std::vector<Word>& words, std::vector<MapMount>& mounts) {
  NfsOptions common;
  std::vector<MapMount> found;
  bool in_offset = false;
  for (size_t i = 1; i < words.size(); ++i) {
    const Word word = without_quote(words[i]);
    if (word.text.starts_with('-')) {
      (in_offset ? found.back().options : common)
          .add(nfs_options({word.offset + 1, word.text.substr(1)}));
    } else if (word.text.starts_with('/')) {
      in_offset = true;
      found.push_back({words.front(), common, {}});
    } else if (auto source = nfs_source(word)) {
      if (found.empty()) found.push_back({words.front(), common, {}});
      found.back().locations.push_back({words[i], std::move(*source)});
    }
  }
  for (auto& mount : found) {
    const auto& type = mount.options.fstype;
    if (type.empty() || type.starts_with("nfs")) mounts.push_back(std::move(mount));
  }
}

bool follows(const MapMount& mount, const Location& location, const Directory& directory) {
  return may_follow(directory.shared_paths, plain_path(location.source.path, mount.key.text),
                    mount.options.read_only.value_or(false));
}

Result<std::vector<MapMount>> mounts_of(std::string_view path, std::string_view text,
                                        bool read_only) {
  if (text.starts_with("#!")) {
    return fail(ErrorClass::corrupt, "reading", place_of(path, 1),
                Fact(FactCode::not_understood, {}, Fact(FactCode::program_prints_map)),
                Cure(CureCode::see_what_prints));
  }
  std::vector<MapMount> mounts;
  for (const auto& words : Entries(text).read()) {
    for (size_t i = 1; i < words.size(); ++i) {
      if (words[i].text.find(":=") == std::string_view::npos) continue;
      return fail(ErrorClass::corrupt, "reading",
                  place_of(path, EditList(text).line_at(words[i].offset)),
                  Fact(FactCode::not_understood, {}, Fact(FactCode::map_in_amd_format)),
                  Cure(CureCode::write_sun_format));
    }
    if (!words.front().text.starts_with('+')) read_entry(words, mounts);
  }
  for (auto& mount : mounts) {
    if (!mount.options.read_only && read_only) mount.options.read_only = true;
  }
  return mounts;
}

// What a map mounts from other network file systems: "k -fstype=cifs ://server/share".
std::vector<OtherMount> others_of(std::string_view text) {
  const EditList places(text);
  std::vector<OtherMount> others;
  for (const auto& words : Entries(text).read()) {
    NfsOptions options;
    for (size_t i = 1; i < words.size(); ++i) {
      Word word = without_quote(words[i]);
      if (word.text.starts_with('-')) {
        options.add(nfs_options({word.offset + 1, word.text.substr(1)}));
        continue;
      }
      // A colon in front tells a location from an offset.
      if (word.text.starts_with(':')) word = {word.offset + 1, word.text.substr(1)};
      const uint32_t line = places.line_at(word.offset);
      for (auto& one : other_mount(word, options.fstype, {}, line)) others.push_back(one);
    }
  }
  return others;
}

void leave_key(const MapMount& mount, const std::string& path, const EditList& places,
               const IdentityIndex& identity, const Move& move, FilePlan& plan) {
  if (!from_owner(mount.key.text, identity, move)) return;
  for (const auto& location : mount.locations) {
    if (!follows(mount, location, identity.directory())) continue;
    for (const auto& host : location.source.hosts) {
      if (host.host.text != "&") continue;
      plan.findings.push_back({FindingClass::left, place_of(path, places.line_at(mount.key.offset)),
                               Fact(FactCode::key_is_the_servers_name),
                               Cure(CureCode::change_by_hand)});
      return;
    }
  }
}

// Servers taken away are never all of a place's: the one that they equal is left.
Status plan_mount(const MapMount& mount, const std::string& path, const EditList& places,
                  std::string_view text, const IdentityIndex& identity, const Move& move,
                  EditList& edits) {
  std::vector<const Location*> moving;
  std::vector<ListEntry> entries;
  for (const auto& location : mount.locations) {
    if (!follows(mount, location, identity.directory())) continue;
    moving.push_back(&location);
    for (const auto& host : location.source.hosts) {
      entries.push_back({std::string(location.source.path.text), host.host.text,
                         places.line_at(host.host.offset)});
    }
  }
  if (moving.empty()) return {};
  const auto changes = change_entries(entries, Survivor::existing, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());
  const EntryChange* next = changes->data();
  for (const Location* location : moving) {
    if (!edit_hosts(location->source, next, edits)) {
      size_t begin = location->word.offset;
      while (begin > 0 && is_space(text[begin - 1])) --begin;
      edits.erase(begin, location->word.stop());
    }
    next += location->source.hosts.size();
  }
  return edit_options(mount.options, place_of(path, places.line_at(mount.key.offset)), identity,
                      move, edits);
}

// ---------------------------------------------------------------- auto.master

constexpr std::string_view kMaster = "/etc/auto.master";
constexpr std::string_view kConfiguration = "/etc/autofs.conf";
constexpr std::string_view kVariableLabel = "map variable";

bool is_master_by_path(std::string_view path) {
  return path == kMaster || path.ends_with(".autofs");
}

struct MapName {
  std::string_view type;  // empty: a file, or to be found by name
  std::optional<Word> server;
};

// "[type[,format]:]name"; "multi:" stands before another one.
MapName map_name(Word word) {
  while (word.text.starts_with("multi:")) {
    word = {word.offset + 6, word.text.substr(6)};
  }
  const size_t colon = word.text.find(':');
  if (colon == std::string_view::npos) return {};
  MapName name;
  name.type = word.text.substr(0, std::min(colon, word.text.find(',')));
  if (name.type != "ldap" && name.type != "ldaps") return name;
  // "//host[:port]/dn", "host:dn", or the dn alone.
  Word rest{word.offset + colon + 1, word.text.substr(colon + 1)};
  const bool url = rest.text.starts_with("//");
  if (url) rest = {rest.offset + 2, rest.text.substr(2)};
  const bool bracket = url && rest.text.starts_with('[');
  if (bracket) rest = {rest.offset + 1, rest.text.substr(1)};
  const size_t end = rest.text.find_first_of(bracket ? "]" : url ? ":/" : ":");
  if (!url && end == std::string_view::npos) return name;
  const std::string_view host = rest.text.substr(0, end);
  if (!host.empty() && host.find('=') == std::string_view::npos) {
    name.server = Word{rest.offset, host};
  }
  return name;
}

bool cannot_be_read(std::string_view type) {
  constexpr auto kTypes = std::to_array<std::string_view>(
      {"exec", "hesiod", "ldap", "ldaps", "nis", "nisplus", "program", "sss", "yp"});
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

std::vector<MapName> map_names(const std::vector<Word>& words) {
  std::vector<MapName> names;
  if (words.front().text.starts_with('+')) {
    names.push_back(map_name({words.front().offset + 1, words.front().text.substr(1)}));
  }
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].text.starts_with('-')) names.push_back(map_name(words[i]));
  }
  return names;
}

// A map's name without a path is looked up in /etc among others (nsswitch.conf(5), "files").
std::string map_path(std::string_view name) {
  return name.starts_with('/') ? std::string(name) : "/etc/" + std::string(name);
}

// The file that "[type[,format]:]name" or a bare name means; empty: none that can be read.
std::string file_of_map(std::string_view name) {
  while (name.starts_with("multi:")) name.remove_prefix(6);
  const size_t colon = name.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view type = name.substr(0, std::min(colon, name.find(',')));
    // What a program prints is not known, but it may name a server itself.
    if (type != "file" && type != "program" && type != "exec") return {};
    name = name.substr(colon + 1);
  }
  if (name.empty() || name == "--" || name.find_first_of("\"$&*") != std::string_view::npos)
    return {};
  return map_path(name);
}

// `-DNAME=value` of auto.master(5), in a word of its own or among other options, or of the
// daemon's environment.
struct MapVariable {
  Word value;
  size_t end = 0;  // of all that stands there: what is behind a colon may be a server, too
  uint32_t line = 0;
  bool read_only = false;  // the options beside it say so of all its mounts
};

// Of a line of the master map, with or without their dash.
NfsOptions master_options(const std::vector<Word>& words) {
  NfsOptions options;
  for (size_t i = 1; i < words.size(); ++i) {
    options.add(nfs_options(words[i].text.starts_with('-')
                                ? Word{words[i].offset + 1, words[i].text.substr(1)}
                                : words[i]));
  }
  return options;
}

std::vector<MapVariable> variables_of(const std::vector<Word>& words, const EditList& places) {
  std::vector<MapVariable> variables;
  bool behind_d = false;
  for (size_t i = 1; i < words.size(); ++i) {
    for (Word word : words_of(words[i].text, words[i].offset, ",")) {
      const bool alone = word.text == "-D";
      if (word.text.starts_with("-D") && !alone) {
        word = {word.offset + 2, word.text.substr(2)};
      } else if (!behind_d) {
        behind_d = alone;
        continue;
      }
      behind_d = false;
      const size_t equals = word.text.find('=');
      if (equals == std::string_view::npos) continue;
      Word value{word.offset + equals + 1, word.text.substr(equals + 1)};
      const size_t trimmed = value.text.find_first_not_of("\"'");
      if (trimmed == std::string_view::npos) continue;
      value = {value.offset + trimmed, value.text.substr(trimmed)};
      value.text = value.text.substr(0, value.text.find_first_of("\"'"));
      const size_t end = value.offset + value.text.size();
      // "host:/path" is a value, too.
      if (!IpAddress::parse(value.text)) value.text = value.text.substr(0, value.text.find(':'));
      variables.push_back({value, end, places.line_at(value.offset), false});
    }
  }
  const bool read_only = master_options(words).read_only.value_or(false);
  for (auto& variable : variables) variable.read_only = read_only;
  return variables;
}

// The words of an environment's values stand in quotes; a line is enough to find options in.
std::vector<MapVariable> environment_variables(std::string_view text, const EditList& places) {
  std::vector<MapVariable> variables;
  for (const auto& line : lines_of(text)) {
    auto words = words_of(line, " \t\r\"'");
    if (words.empty() || words.front().text.starts_with('#')) continue;
    words.insert(words.begin(), Word{line.offset, {}});
    for (auto& one : variables_of(words, places)) {
      one.read_only = false;
      variables.push_back(one);
    }
  }
  return variables;
}

Finding unseen(const std::string& place, std::string_view type) {
  return {FindingClass::note,
          place,
          Fact(FactCode::map_not_looked_at, {.name = std::string(type)}),
          {}};
}

// A read-write mount may be among those that take their server from it (nfs_mount.h).
void leave_variable(std::string_view server, const std::string& path, uint32_t line,
                    const IdentityIndex& identity, const Move& move, FilePlan& plan) {
  if (!from_owner(server, identity, move)) return;
  plan.findings.push_back({FindingClass::left, place_of(path, line),
                           Fact(FactCode::variable_of_maps, {.name = std::string(server)}),
                           Cure(CureCode::change_by_hand)});
}

Status plan_master_entry(const std::vector<Word>& words, const std::string& path,
                         const EditList& places, const IdentityIndex& identity, const Move& move,
                         EditList& edits, FilePlan& plan) {
  const std::string place = place_of(path, places.line_at(words.front().offset));
  const auto replace = [&](const Word& word) -> Status {
    const auto moved = moved_token(word.text, identity, move, place);
    if (!moved) return tl::unexpected(moved.error());
    if (*moved) edits.replace(word.offset, word.text.size(), **moved);
    return {};
  };
  for (const auto& map : map_names(words)) {
    if (cannot_be_read(map.type)) plan.findings.push_back(unseen(place, map.type));
    if (!map.server) continue;
    if (auto ok = replace(*map.server); !ok) return ok;
  }
  for (const auto& variable : variables_of(words, places)) {
    if (!variable.read_only) {
      leave_variable(variable.value.text, path, variable.line, identity, move, plan);
    } else if (auto ok = replace(variable.value); !ok) {
      return ok;
    }
  }
  return {};
}

// ---------------------------------------------------------------- the daemon's settings

// autofs.conf(5) and the older environment files: servers, but for variables of maps.
Result<std::vector<Mention>> settings_of(const std::string& path, std::string_view text) {
  if (is_environment(path)) return environment_mentions(path, text);
  std::vector<Mention> mentions;
  for (const auto& entry : ini_entries(text)) {
    if (entry.key != "ldap_uri") continue;
    for (const auto& uri : words_of(entry.value.text, entry.value.offset, " \t\r\"'")) {
      const size_t scheme = uri.text.find("://");
      if (scheme == std::string_view::npos) continue;
      const std::string_view rest = uri.text.substr(scheme + 3);
      mentions.push_back({uri.offset + scheme + 3, rest.substr(0, rest.find_first_of(":/")),
                          entry.line, entry.key});
    }
  }
  return mentions;
}

Result<FilePlan> plan_settings(const std::string& path, std::string_view text,
                               const IdentityIndex& identity, const Move& move) {
  auto mentions = settings_of(path, text);
  if (!mentions) return tl::unexpected(mentions.error());
  FilePlan plan;
  if (is_environment(path)) {
    const EditList places(text);
    for (const auto& variable : environment_variables(text, places)) {
      std::erase_if(*mentions, [&](const Mention& one) {
        if (one.offset < variable.value.offset || one.offset >= variable.end) return false;
        leave_variable(one.token, path, one.line, identity, move, plan);
        return true;
      });
    }
  }
  auto edits = replace_mentions(*mentions, path, text, identity, move);
  if (!edits) return tl::unexpected(edits.error());
  plan.edits = std::move(*edits);
  return plan;
}

// The master maps that settings name; the usual one is a root.
std::vector<Include> named_masters(const std::string& path, std::string_view text) {
  std::vector<Include> includes;
  const auto add = [&](std::string_view name, uint32_t line) {
    std::string file = file_of_map(name);
    if (file.empty()) return;
    includes.push_back({.patterns = {std::move(file)}, .line = line, .as = Autofs::master()});
  };
  if (path == kConfiguration) {
    for (const auto& entry : ini_entries(text)) {
      if (entry.key == "master_map_name") add(entry.value.text, entry.line);
    }
  } else if (const auto assignments = assignments_of(path, text)) {
    for (const auto& one : *assignments) {
      if (one.name.ends_with("MASTER_MAP_NAME")) add(one.value.text(), one.line);
    }
  }
  return includes;
}

bool is_submap(const std::vector<Word>& words) {
  return words.size() > 2 && std::any_of(words.begin() + 1, words.end(), [](const Word& word) {
           return word.text.starts_with('-') &&
                  nfs_options({word.offset + 1, word.text.substr(1)}).fstype == "autofs";
         });
}

}  // namespace

// A restart would take mounts from running programs; automount(8) reads its maps again at SIGHUP.
const Daemon* Autofs::daemon() const {
  static const Daemon kDaemon("autofs", {"automount"}, Daemon::Told::hang_up);
  return &kDaemon;
}

WhyItStays Autofs::why_it_stays(const Reference& reference) const {
  if (reference.label == kKeyLabel) return {Fact(FactCode::key_is_the_servers_name), {}};
  return other_data();
}

std::vector<Include> Autofs::roots() const {
  return {{.patterns = {std::string(kMaster)}},
          {.patterns = {"/etc/auto.*"}, .unless = {std::string(kMaster)}, .without_copies = true},
          {.patterns = {"/etc/auto.master.d/*.autofs"}, .unless = {std::string(kMaster)}},
          {.patterns = {std::string(kConfiguration)}},
          {.patterns = {"/etc/default/autofs"}},
          {.patterns = {"/etc/sysconfig/autofs"}}};
}

const FileKind* Autofs::master() {
  static const Autofs kKind(Sort::master);
  return &kKind;
}

const FileKind* Autofs::map(bool read_only) {
  static const Autofs kMap(Sort::map), kReadOnly(Sort::read_only_map);
  return read_only ? &kReadOnly : &kMap;
}

const FileKind* Autofs::joined_with(const FileKind& other) const {
  return this == map(true) && &other == map(false) ? &other : this;
}

std::string Autofs::searchable(std::string_view text) const {
  std::string result = FileKind::searchable(text);
  if (sort_ != Sort::map && sort_ != Sort::read_only_map) return result;
  for (const auto& words : Entries(text).read()) {
    const Word& key = words.front();
    if (!key.text.starts_with('+'))
      result.replace(key.offset, key.text.size(), key.text.size(), ' ');
  }
  return result;
}

bool Autofs::is_master(std::string_view path) const {
  return sort_ == Sort::master || (sort_ == Sort::by_path && is_master_by_path(path));
}

std::vector<Include> Autofs::includes(const std::string& path, std::string_view text) const {
  if (is_environment(path) || path == kConfiguration) return named_masters(path, text);
  std::vector<Include> includes;
  const EditList places(text);
  for (const auto& words : Entries(text).read()) {
    const uint32_t line = places.line_at(words.front().offset);
    const auto add = [&](std::string file, const FileKind* as) {
      if (!file.empty() && file != path) {
        includes.push_back({.patterns = {std::move(file)}, .line = line, .as = as});
      }
    };
    const std::string_view first = words.front().text;
    constexpr std::string_view kDirectory = "+dir:";
    if (is_master(path) && first.starts_with(kDirectory)) {
      add(std::string(first.substr(kDirectory.size())) + "/*.autofs", master());
    } else if (first.starts_with('+')) {
      add(file_of_map(first.substr(1)), is_master(path) ? master() : map(is_read_only()));
    } else if (is_master(path)) {
      const bool read_only = master_options(words).read_only.value_or(false);
      for (size_t i = 1; i < words.size(); ++i) {
        // Behind the options no map is named, but behind "--" another one.
        if (words[i].text.starts_with('-') && words[i].text != "--") break;
        add(file_of_map(words[i].text), map(read_only));
      }
    } else if (is_submap(words)) {
      add(file_of_map(words.back().text), map(is_read_only()));
    }
  }
  return includes;
}

Result<std::vector<Reference>> Autofs::discover(const std::string& path, std::string_view text,
                                                const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const EditList places(text);
  std::vector<Mention> mentions;
  if (path == kConfiguration || is_environment(path)) {
    const auto settings = settings_of(path, text);
    if (!settings) return tl::unexpected(settings.error());
    return references_of(name(), path, *settings, identity);
  }
  if (is_master(path)) {
    for (const auto& words : Entries(text).read()) {
      for (const auto& map : map_names(words)) {
        if (!map.server) continue;
        mentions.push_back({map.server->offset, map.server->text,
                            places.line_at(map.server->offset), kMapServerLabel});
      }
      for (const auto& variable : variables_of(words, places)) {
        mentions.push_back(
            {variable.value.offset, variable.value.text, variable.line, kVariableLabel});
      }
    }
    return references_of(name(), path, mentions, identity);
  }
  const auto mounts = mounts_of(path, text, is_read_only());
  if (!mounts) return tl::unexpected(mounts.error());
  for (const auto& other : others_of(text)) mentions.push_back(other.mention());
  for (const auto& mount : *mounts) {
    bool any_follows = false;
    for (const auto& location : mount.locations) {
      const bool moves = follows(mount, location, identity.directory());
      any_follows = any_follows || moves;
      NfsOptions shown;
      shown.read_only = mount.options.read_only;
      add_mentions(location.source, shown, moves, places.line_at(location.word.offset), mentions);
      for (const auto& host : location.source.hosts) {
        if (host.host.text != "&") continue;
        mentions.push_back({mount.key.offset, mount.key.text, places.line_at(mount.key.offset),
                            kKeyLabel, moves ? ReferenceRole::move : ReferenceRole::keep});
      }
    }
    for (const auto& server : mount.options.servers) {
      mentions.push_back({server.offset, server.text, places.line_at(server.offset),
                          mount_label(mount.options.read_only.value_or(false)),
                          any_follows ? ReferenceRole::move : ReferenceRole::keep});
    }
  }
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> Autofs::plan(const std::string& path, std::string_view text,
                              const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  if (path == kConfiguration || is_environment(path)) {
    return plan_settings(path, text, identity, move);
  }
  const EditList places(text);
  EditList edits(text);
  FilePlan plan;
  if (is_master(path)) {
    for (const auto& words : Entries(text).read()) {
      if (auto ok = plan_master_entry(words, path, places, identity, move, edits, plan); !ok) {
        return tl::unexpected(ok.error());
      }
    }
  } else {
    const auto mounts = mounts_of(path, text, is_read_only());
    if (!mounts) return tl::unexpected(mounts.error());
    plan.findings = findings_of(others_of(text), path, identity, move);
    for (const auto& mount : *mounts) {
      leave_key(mount, path, places, identity, move, plan);
      if (auto ok = plan_mount(mount, path, places, text, identity, move, edits); !ok) {
        return tl::unexpected(ok.error());
      }
    }
  }
  plan.edits = edits.take();
  return plan;
}

}  // namespace sn::agent
