#include "agent/plan/shown_line.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace sn::agent {

namespace {

constexpr std::string_view kHidden = "***";

// What mount(8), nfs(5), rsyslog's omfwd, chrony, ntp and xCAT call by these names is no secret.
constexpr auto kHarmless = std::to_array<std::string_view>({"acdirmax",
                                                            "acdirmin",
                                                            "acregmax",
                                                            "acregmin",
                                                            "actimeo",
                                                            "addr",
                                                            "address",
                                                            "auto",
                                                            "clientaddr",
                                                            "console",
                                                            "device",
                                                            "domain",
                                                            "facility",
                                                            "fsc",
                                                            "ifname",
                                                            "iseries",
                                                            "lookupcache",
                                                            "maxpoll",
                                                            "minorversion",
                                                            "minpoll",
                                                            "mode",
                                                            "mountaddr",
                                                            "mounthost",
                                                            "mountport",
                                                            "mountproto",
                                                            "mountvers",
                                                            "namlen",
                                                            "nconnect",
                                                            "nfsvers",
                                                            "port",
                                                            "proto",
                                                            "protocol",
                                                            "queue.filename",
                                                            "queue.maxdiskspace",
                                                            "queue.saveonshutdown",
                                                            "queue.size",
                                                            "queue.type",
                                                            "action.resumeretrycount",
                                                            "action.resumeinterval",
                                                            "action.resumeretry",
                                                            "retrans",
                                                            "retry",
                                                            "root",
                                                            "rsize",
                                                            "sec",
                                                            "server",
                                                            "servers",
                                                            "streamdriver",
                                                            "streamdriverauthmode",
                                                            "streamdrivermode",
                                                            "target",
                                                            "timeo",
                                                            "timeout",
                                                            "type",
                                                            "vers",
                                                            "version",
                                                            "wsize",
                                                            "xcat"});
constexpr auto kTelltale =
    std::to_array<std::string_view>({"pass", "secret", "token", "key", "cred"});

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool is_telltale(std::string_view name) {
  const std::string text = lower(name);
  return std::any_of(kTelltale.begin(), kTelltale.end(),
                     [&](std::string_view part) { return text.find(part) != std::string::npos; });
}

bool is_harmless(std::string_view name) {
  return std::find(kHarmless.begin(), kHarmless.end(), lower(name)) != kHarmless.end();
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

class Line {
 public:
  Line(std::string_view line, const std::vector<Span>& changes) : line_(line), changes_(changes) {}

  std::string shown() {
    const size_t remark = find_remark();
    size_t at = 0;
    while (at < remark) {
      if (!in_name(line_[at])) {
        at = line_.substr(at).starts_with("://") ? after_user(at + 3) : at + 1;
        continue;
      }
      size_t end = at;
      while (end < remark && in_name(line_[end])) ++end;
      at = after_word({at, end}, remark);
    }
    if (remark < line_.size() && !changes({remark, line_.size()})) {
      size_t text = remark + 1;
      while (text < line_.size() && is_blank(line_[text])) ++text;
      if (text < line_.size()) hidden_.push_back({text, line_.size()});
    }
    return without_hidden();
  }

 private:
  // Something of it does. What is put in has no bytes of its own before.
  [[nodiscard]] bool changes(const Span& span) const {
    return std::any_of(changes_.begin(), changes_.end(), [&](const Span& change) {
      return change.begin < span.end && span.begin < std::max(change.end, change.begin + 1);
    });
  }

  // Where a remark begins that is not all of the line.
  [[nodiscard]] size_t find_remark() const {
    char quote = 0;
    bool begun = false;
    for (size_t at = 0; at < line_.size(); ++at) {
      const char c = line_[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if ((c == '"' || c == '\'') && (at == 0 || !in_name(line_[at - 1]))) {
        quote = c;  // and no apostrophe
      } else if (c == '#' && begun && is_blank(line_[at - 1])) {
        return at;
      }
      begun = begun || !is_blank(c);
    }
    return line_.size();
  }

  [[nodiscard]] size_t after_blanks(size_t at, size_t most) const {
    while (at < most && is_blank(line_[at])) ++at;
    return at;
  }

  [[nodiscard]] size_t after_value(size_t at, size_t most) const {
    if (at < most && (line_[at] == '"' || line_[at] == '\'')) {
      const char quote = line_[at++];
      while (at < most && line_[at] != quote) at += line_[at] == '\\' ? 2 : 1;
      return std::min(at + 1, most);
    }
    while (at < most && !is_blank(line_[at]) &&
           std::string_view(",;)]}\r\n").find(line_[at]) == std::string_view::npos) {
      ++at;
    }
    return at;
  }

  // "user:password@" of a URL.
  size_t after_user(size_t at) {
    const size_t end = std::min(line_.find_first_of(" \t\"'", at), line_.size());
    const size_t user = line_.substr(at, end - at).rfind('@');
    if (user != std::string_view::npos) hidden_.push_back({at, at + user});
    return user == std::string_view::npos ? at : at + user + 1;
  }

  // What follows the word belongs to it, or does not.
  size_t after_word(Span word, size_t most) {
    const std::string_view name = line_.substr(word.begin, word.end - word.begin);
    if (is_telltale(name)) return after_telltale(word.end, most);
    const size_t at = after_blanks(word.end, most);
    if (at == most || line_[at] != '=') return word.end;
    const size_t value = after_blanks(at + 1, most);
    const Span span{value, after_value(value, most)};
    // There may be a URL in it, or a list of pairs.
    if (changes(span) || is_harmless(name)) return value;
    hide(span);
    return std::max(span.end, value);
  }

  // NAME=VALUE, NAME: VALUE, "NAME": VALUE, NAME => VALUE, NAME(VALUE), NAME VALUE. What else than
  // a blank ends the value is not known: of a list the rest goes with it.
  size_t after_telltale(size_t at, size_t most) {
    if (at < most && (line_[at] == '"' || line_[at] == '\'')) ++at;
    at = after_blanks(at, most);
    if (at < most && line_[at] == '(') {
      const size_t close = std::min(line_.find(')', at), most);
      hide({at + 1, close});
      return close;
    }
    while (at < most && std::string_view("=:>").find(line_[at]) != std::string_view::npos) ++at;
    at = after_blanks(at, most);
    size_t end = at;
    if (end < most && (line_[end] == '"' || line_[end] == '\'')) {
      end = after_value(end, most);
    } else {
      while (end < most && !is_blank(line_[end])) ++end;
    }
    hide({at, end});
    return end;
  }

  // A telltale name hides also what changes; the quotes stay.
  void hide(Span span) {
    const bool quoted = span.end - span.begin >= 2 &&
                        (line_[span.begin] == '"' || line_[span.begin] == '\'') &&
                        line_[span.end - 1] == line_[span.begin];
    if (quoted) span = {span.begin + 1, span.end - 1};
    if (span.begin < span.end) hidden_.push_back(span);
  }

  [[nodiscard]] std::string without_hidden() const {
    std::string text;
    size_t at = 0;
    for (const Span& span : hidden_) {
      text += line_.substr(at, span.begin - at);
      text += kHidden;
      at = span.end;
    }
    return text + std::string(line_.substr(at));
  }

  const std::string_view line_;
  const std::vector<Span>& changes_;
  std::vector<Span> hidden_;  // in order, none within another
};

}  // namespace

std::string shown_line(std::string_view line, const std::vector<Span>& changes) {
  return Line(line, changes).shown();
}

std::string shown_lines(std::string_view lines) {
  const auto is_end = [](char c) { return c == '\n' || c == '\r'; };
  while (!lines.empty() && is_end(lines.back())) lines.remove_suffix(1);
  while (!lines.empty() && is_end(lines.front())) lines.remove_prefix(1);
  std::string text;
  while (true) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    text += Line(lines.substr(0, end), {}).shown();
    if (end == lines.size()) return text;
    text += '\n';
    lines.remove_prefix(end + 1);
  }
}

}  // namespace sn::agent
