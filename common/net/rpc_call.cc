#include "common/net/rpc_call.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "common/net/xdr.h"

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

tl::unexpected<Error> corrupt(std::string why) {
  return fail(ErrorClass::corrupt, "reading", "an RPC reply", std::move(why));
}

std::string range_text(xdr::Reader& words) {
  const uint32_t low = words.next();
  const uint32_t high = words.next();
  return std::to_string(low) + " to " + std::to_string(high);
}

// An unknown number is no lawful reply: nullopt.
std::optional<std::string> accepted_text(xdr::Reader& words) {
  switch (words.next()) {
    case kSuccess:
      return "";
    case kProgramUnavailable:
      return "does not serve this program";
    case kProgramMismatch:
      return "does not serve this version, only " + range_text(words);
    case kProcedureUnavailable:
      return "does not know this procedure";
    case kGarbageArguments:
      return "did not understand the arguments";
    case kSystemError:
      return "system error";
    default:
      return std::nullopt;
  }
}

std::optional<std::string> denied_text(xdr::Reader& words) {
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

std::string encode_call(uint32_t xid, const RpcCall& call) {
  constexpr uint32_t kAuthNone = 0, kAuthSys = 1, kEmpty = 0;
  std::string body;
  for (const uint32_t word :
       {xid, kCall, kRpcVersion, call.program, call.version, call.procedure}) {
    xdr::append(body, word);
  }
  if (call.as_root) {
    // A stamp, the machine's name, uid, gid, further gids.
    std::string credential;
    xdr::append(credential, xid);
    xdr::append(credential, std::string_view());
    for (const uint32_t word : {0U, 0U, 0U}) xdr::append(credential, word);
    xdr::append(body, kAuthSys);
    xdr::append(body, credential);
  } else {
    for (const uint32_t word : {kAuthNone, kEmpty}) xdr::append(body, word);
  }
  for (const uint32_t word : {kAuthNone, kEmpty}) xdr::append(body, word);  // the verifier
  body += call.arguments;
  std::string record;
  xdr::append(record, kLastFragment | static_cast<uint32_t>(body.size()));
  return record + body;
}

std::string encode_null_call(uint32_t xid, uint32_t program, uint32_t version) {
  return encode_call(xid, {program, version, 0});
}

Result<std::optional<RpcReply>> RpcReplyReader::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (header_.size() < 4) {
      const size_t count = std::min(bytes.size(), 4 - header_.size());
      header_.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      if (header_.size() < 4) break;
      const uint32_t mark = xdr::Reader(header_).next();
      last_ = (mark & kLastFragment) != 0;
      left_ = mark & ~kLastFragment;
      if (++fragments_ > kMaxRpcFragments) return corrupt("too many fragments");
      if (left_ > kMaxRpcReply - record_.size())
        return corrupt("larger than any reply to this call");
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

Result<std::optional<RpcReply>> RpcReplyReader::record_complete() const {
  xdr::Reader words(record_);
  const uint32_t xid = words.next();
  const uint32_t type = words.next();
  const uint32_t status = words.next();
  if (words.too_short()) return corrupt("cut short");
  if (type != kReply) return corrupt("it is no reply");
  if (xid != xid_) return corrupt("a reply to another call");
  std::optional<std::string> objection;
  if (status == kAccepted) {
    (void)words.next();  // the verifier's flavor: whatever it is, it proves nothing here
    const uint32_t size = words.next();
    if (size > kMaxVerifier) return corrupt("a verifier that is too long");
    words.skip(size);
    objection = accepted_text(words);
  } else if (status == kDenied) {
    objection = denied_text(words);
  }
  if (words.too_short()) return corrupt("cut short");
  if (!objection) return corrupt("a status that RFC 5531 does not know");
  RpcReply reply{std::move(*objection), std::string(words.rest())};
  if (!reply.objection.empty() && !reply.results.empty()) return corrupt("bytes after its end");
  return reply;
}

}  // namespace sn::net
