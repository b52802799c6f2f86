// snctl keys add|list|pending|accept|reject|revoke: which CURVE keys may connect, and as which
// node; and, with --feed, whose may read the feed over TCP.
#include <fstream>
#include <iostream>
#include <sstream>

#include "common/net/curve_keys.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

// As many as a site has nodes, with room for names.
constexpr size_t kMostKeyFile = 16 * 1024 * 1024;

constexpr const char* kCopyIt =
    " (cure: copy what snagentd key prints on the node, in single quotes)";

std::string no_key(const std::string& key) {
  return "'" + key + "' is no CURVE public key of 40 Z85 characters";
}

// What is in it; an error says which line.
Result<std::vector<AddKeyCommand>> read_keys(std::istream& from, const std::string& file) {
  std::vector<AddKeyCommand> keys;
  std::string line;
  size_t bytes = 0;
  for (size_t number = 1; std::getline(from, line); ++number) {
    const std::string place = file + ":" + std::to_string(number);
    if (bytes += line.size() + 1; bytes > kMostKeyFile) {
      return fail(ErrorClass::limit, "reading", place, Fact("it is larger than any list of keys"));
    }
    // A key may have a '#' in it, so a remark is a line of its own.
    std::istringstream words(line);
    AddKeyCommand key;
    std::string more;
    if (!(words >> key.node) || key.node.front() == '#') continue;
    words >> key.public_key;
    if (!net::is_curve_key(key.public_key)) {
      return fail(ErrorClass::invalid_input, "reading", place, Fact(no_key(key.public_key)),
                  Cure("write NODE KEY on each line"));
    }
    if (words >> more) {
      return fail(ErrorClass::invalid_input, "reading", place,
                  Fact("'" + more + "' stands behind the key"),
                  Cure("write NODE KEY on each line"));
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

int add_keys_of(const Terminal& terminal, const std::string& file) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file);
    if (!opened) return report(fail_errno("reading", file).value(), 2);
  }
  const auto keys = read_keys(file == "-" ? std::cin : opened, file == "-" ? "stdin" : file);
  if (!keys) return report(keys.error(), 2);
  for (const auto& key : *keys) {
    const int done = add_key(terminal, key.node, key.public_key);
    if (done != 0) return done;
  }
  return 0;
}

int add_key(const Terminal& terminal, const std::string& node, const std::string& key) {
  if (!net::is_curve_key(key)) {
    print_error("snctl: " + no_key(key) + kCopyIt + "\n");
    return 2;
  }
  return ask_once<DoneAnswer>(
      terminal, AddKeyCommand{node, key}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

int add_feed_key(const Terminal& terminal, const std::string& name, const std::string& key) {
  if (!net::is_curve_key(key)) {
    print_error("snctl: " + no_key(key) +
                " (cure: give the public key of the subscriber's pair)\n");
    return 2;
  }
  return ask_once<DoneAnswer>(
      terminal, AddFeedKeyCommand{name, key}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

int revoke_feed_key(const Terminal& terminal, const std::string& name) {
  return ask_once<DoneAnswer>(
      terminal, RevokeFeedKeyCommand{name}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

int list_keys(const Terminal& terminal) {
  return ask_once<KeysAnswer>(terminal, ListKeysCommand{}, kAnswer_ms,
                              [&](const Line& line, const KeysAnswer& answer) {
                                return finish(terminal, line, keys_screen(answer), 0);
                              });
}

int list_pending_keys(const Terminal& terminal) {
  return ask_once<PendingAnswer>(terminal, ListPendingKeysCommand{}, kAnswer_ms,
                                 [&](const Line& line, const PendingAnswer& answer) {
                                   return finish(terminal, line, pending_screen(answer), 0);
                                 });
}

int accept_keys(const Terminal& terminal, AcceptKeysCommand command) {
  return ask_once<DoneAnswer>(
      terminal, std::move(command), kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

int reject_keys(const Terminal& terminal, RejectKeysCommand command) {
  return ask_once<DoneAnswer>(
      terminal, std::move(command), kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

int revoke_key(const Terminal& terminal, const std::string& node) {
  return ask_once<DoneAnswer>(
      terminal, RevokeKeyCommand{node}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

}  // namespace sn::coordinator
