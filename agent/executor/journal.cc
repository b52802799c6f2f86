#include "agent/executor/journal.h"

#include <unistd.h>

#include "agent/executor/own_file.h"
#include "agent/watch/files.h"
#include "agent/watch/kept.h"
#include "common/wire/codec.h"

namespace sn::agent {

namespace {

// A rebind has some twenty steps of some hundred bytes.
constexpr size_t kMaxJournalBytes = 1024 * 1024;

std::string to_hex(const std::string& bytes) {
  static const char* const kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace

Status Journal::append(const std::string& line) {
  const std::string text = line + "\n";
  const off_t whole = lseek(fd_.get(), 0, SEEK_END);
  const ssize_t size = write(fd_.get(), text.data(), text.size());
  if (size < 0) return fail_errno("writing", path_, "free some space under /run");
  if (static_cast<size_t>(size) != text.size()) {
    // A beginning of a line would make nonsense of the next one.
    if (whole < 0 || ftruncate(fd_.get(), whole) != 0) fd_.reset();
    return fail(ErrorClass::limit, "writing", path_, "no space", "free some space under /run");
  }
  return {};
}

Status Journal::begin_with(const std::string& line) {
  fd_ = open_kept(path_, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
  if (!fd_) return fail_errno("writing", path_);
  return append(line);
}

Status Journal::begin(const wire::Rebind& rebind, const std::string& boot_id) {
  return begin_with("begin 1 " + boot_id + " " + to_hex(wire::encode(rebind)));
}
Status Journal::begin_rehearsal(const std::string& boot_id) {
  return begin_with("rehearse 1 " + boot_id);
}

Status Journal::resume() {
  const auto text = read_file(path_, kMaxJournalBytes);
  if (!text) return tl::unexpected(text.error());
  fd_ = open_kept(path_, O_WRONLY | O_APPEND);
  if (!fd_) return fail_errno("writing", path_);
  // A torn last line goes: its step was not begun, and the next line must not join it.
  const size_t whole = text->rfind('\n') == std::string::npos ? 0 : text->rfind('\n') + 1;
  if (ftruncate(fd_.get(), static_cast<off_t>(whole)) != 0) return fail_errno("cutting", path_);
  return {};
}

Status Journal::staged(const StagedFile& file) {
  if (file.source.empty()) return append("staged " + file.path);
  return append("bound " + to_hex(file.path + '\0' + file.source));
}
Status Journal::swap(const MountSwap& swap) { return append("swap " + to_hex(to_text(swap))); }
Status Journal::intent(const std::string& what) {
  return append("intent " + std::to_string(++step_) + " " + what);
}
Status Journal::done() { return append("done " + std::to_string(step_)); }
Status Journal::commit(Verdict verdict) {
  return append("commit " + std::string(to_string(verdict)));
}

void Journal::forget() {
  fd_.reset();
  remove(path_);
}

void Journal::remove(const std::string& path) { remove_own_file(path); }

JournalContent Journal::read(const std::string& path, const std::string& boot_id) {
  const auto text = read_file(path, kMaxJournalBytes);
  if (!text) {
    if (text.error().what == ErrorClass::not_found) return std::optional<Unfinished>{};
    return tl::unexpected(text.error());
  }
  const auto corrupt = [&](size_t line, std::string why) {
    return fail(ErrorClass::corrupt, "reading", path + ":" + std::to_string(line), std::move(why),
                "look at what it says was being done, then remove it");
  };
  std::optional<Unfinished> unfinished;
  size_t begin = 0, line_number = 0;
  while (begin < text->size()) {
    const size_t end = text->find('\n', begin);
    if (end == std::string::npos) break;  // torn: its step was not begun
    const std::string line = text->substr(begin, end - begin);
    begin = end + 1;
    ++line_number;
    const size_t blank = line.find(' ');
    const std::string word = line.substr(0, blank);
    const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (word == "begin") {
      const size_t boot_at = rest.find(' ');
      const size_t hex_at = boot_at == std::string::npos ? boot_at : rest.find(' ', boot_at + 1);
      if (hex_at == std::string::npos) return corrupt(line_number, "no boot id and rebind");
      if (rest.substr(boot_at + 1, hex_at - boot_at - 1) != boot_id) {
        return std::optional<Unfinished>{};
      }
      const auto bytes = from_hex(std::string_view(rest).substr(hex_at + 1));
      if (!bytes) return corrupt(line_number, "the rebind is no hex");
      auto message = wire::decode<wire::ToAgent>(*bytes);
      if (!message || !std::holds_alternative<wire::Rebind>(*message)) {
        return corrupt(line_number, "the rebind can't be decoded");
      }
      unfinished.emplace();
      unfinished->rebind = std::get<wire::Rebind>(std::move(*message));
    } else if (word == "rehearse") {
      const size_t boot_at = rest.find(' ');
      if (boot_at == std::string::npos) return corrupt(line_number, "no boot id");
      if (rest.substr(boot_at + 1) != boot_id) return std::optional<Unfinished>{};
      unfinished.emplace();
    } else if (!unfinished) {
      return corrupt(line_number, "it does not begin with 'begin'");
    } else if (word == "staged") {
      unfinished->staged.push_back({rest, ""});
    } else if (word == "bound") {
      const auto bytes = from_hex(rest);
      const size_t nul = bytes ? bytes->find('\0') : std::string::npos;
      if (nul == std::string::npos) return corrupt(line_number, "the bind can't be decoded");
      unfinished->staged.push_back({bytes->substr(0, nul), bytes->substr(nul + 1)});
    } else if (word == "swap") {
      const auto bytes = from_hex(rest);
      auto swap = bytes ? swap_from_text(*bytes) : std::nullopt;
      if (!swap) return corrupt(line_number, "the swap can't be decoded");
      unfinished->swaps.push_back(std::move(*swap));
    } else if (word == "intent") {
      unfinished->past_commit_point = true;
      unfinished->last_step = rest;
      const size_t name = rest.find(' ');
      unfinished->open_step = name == std::string::npos ? "" : rest.substr(name + 1);
    } else if (word == "commit") {
      return std::optional<Unfinished>{};
    } else if (word == "done") {
      unfinished->open_step.clear();
    } else {
      return corrupt(line_number, "unknown word '" + word.substr(0, 32) + "'");
    }
  }
  return unfinished;
}

}  // namespace sn::agent
