#include "common/net/rpc_null.h"

#include <algorithm>
#include <initializer_list>

namespace sn::net {

namespace {

constexpr uint32_t kLastFragment = 0x80000000U;
constexpr uint32_t kRpcVersion = 2;
// msg_type, reply_stat, accept_stat and reject_stat of RFC 5531, section 9.
constexpr uint32_t kCall = 0, kReply = 1;
constexpr uint32_t kAccepted = 0, kDenied = 1;
constexpr uint32_t kSuccess = 0, kProgramUnavailable = 1, kProgramMismatch = 2,
                   kProcedureUnavailable = 3, kGarbageArguments = 4, kSystemError = 5;
constexpr uint32_t kRpcMismatch = 0, kAuthenticationError = 1;
constexpr uint32_t kMaxVerifier = 400;

void append(std::string& bytes, uint32_t word) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes.push_back(static_cast<char>(word >> shift & 0xffU));
  }
}

uint32_t word_of(std::string_view bytes) {
  uint32_t word = 0;
  for (const char byte : bytes.substr(0, 4)) word = word << 8 | static_cast<unsigned char>(byte);
  return word;
}

tl::unexpected<Error> corrupt(std::string why) {
  return fail(ErrorClass::corrupt, "reading", "an RPC reply", std::move(why));
}

// XDR words (RFC 4506) from the front. What is not there reads as zero and is remembered.
class Words {
 public:
  explicit Words(std::string_view bytes) : bytes_(bytes) {}
  uint32_t next() {
    if (bytes_.size() < 4) {
      short_ = true;
      return 0;
    }
    const uint32_t word = word_of(bytes_);
    bytes_.remove_prefix(4);
    return word;
  }
  // Opaque content is padded to whole words.
  void skip(uint32_t size) {
    const size_t padded = (size_t{size} + 3) / 4 * 4;
    if (bytes_.size() < padded) short_ = true;
    bytes_.remove_prefix(std::min(padded, bytes_.size()));
  }
  [[nodiscard]] bool too_short() const { return short_; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool short_ = false;
};

std::string range_text(Words& words) {
  const uint32_t low = words.next();
  const uint32_t high = words.next();
  return std::to_string(low) + " to " + std::to_string(high);
}

// An unknown number is no lawful reply: nullopt.
std::optional<std::string> accepted_text(Words& words) {
  switch (words.next()) {
    case kSuccess:
      return "";
    case kProgramUnavailable:
      return "does not serve NFS";
    case kProgramMismatch:
      return "does not serve this version, only " + range_text(words);
    case kProcedureUnavailable:
      return "does not know the NULL procedure";
    case kGarbageArguments:
      return "did not understand the arguments";
    case kSystemError:
      return "system error";
    default:
      return std::nullopt;
  }
}

std::optional<std::string> denied_text(Words& words) {
  switch (words.next()) {
    case kRpcMismatch:
      return "speaks other RPC versions, " + range_text(words);
    case kAuthenticationError:
      return "denied, authentication error " + std::to_string(words.next());
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string encode_null_call(uint32_t xid, uint32_t program, uint32_t version) {
  constexpr uint32_t kNullProcedure = 0, kAuthNone = 0, kEmpty = 0;
  std::string body;
  // The credential, then the verifier: both of flavor AUTH_NONE, without content.
  for (const uint32_t word : {xid, kCall, kRpcVersion, program, version, kNullProcedure, kAuthNone,
                              kEmpty, kAuthNone, kEmpty}) {
    append(body, word);
  }
  std::string record;
  append(record, kLastFragment | static_cast<uint32_t>(body.size()));
  return record + body;
}

Result<std::optional<std::string>> RpcReplyReader::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (header_.size() < 4) {
      const size_t count = std::min(bytes.size(), 4 - header_.size());
      header_.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      if (header_.size() < 4) break;
      const uint32_t mark = word_of(header_);
      last_ = (mark & kLastFragment) != 0;
      left_ = mark & ~kLastFragment;
      if (++fragments_ > kMaxRpcFragments) return corrupt("too many fragments");
      if (left_ > kMaxRpcReply - record_.size()) return corrupt("larger than any reply to NULL");
    }
    const size_t count = std::min(bytes.size(), left_);
    record_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    left_ -= count;
    if (left_ > 0) break;
    if (last_) {
      if (!bytes.empty()) return corrupt("bytes after its end");
      return record_complete();
    }
    header_.clear();
  }
  return std::nullopt;
}

Result<std::optional<std::string>> RpcReplyReader::record_complete() const {
  Words words(record_);
  const uint32_t xid = words.next();
  const uint32_t type = words.next();
  const uint32_t status = words.next();
  if (words.too_short()) return corrupt("cut short");
  if (type != kReply) return corrupt("it is no reply");
  if (xid != xid_) return corrupt("a reply to another call");
  std::optional<std::string> answer;
  if (status == kAccepted) {
    words.next();  // the verifier's flavor: whatever it is, it proves nothing here
    const uint32_t size = words.next();
    if (size > kMaxVerifier) return corrupt("a verifier that is too long");
    words.skip(size);
    answer = accepted_text(words);
  } else if (status == kDenied) {
    answer = denied_text(words);
  }
  if (words.too_short()) return corrupt("cut short");
  if (!answer) return corrupt("a status that RFC 5531 does not know");
  if (!words.at_end()) return corrupt("bytes after its end");
  return answer;
}

}  // namespace sn::net
