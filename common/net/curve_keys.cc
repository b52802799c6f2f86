#include "common/net/curve_keys.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/base/file.h"
#include "common/base/unique_fd.h"
#include "common/net/zmq_error.h"

namespace sn::net {

namespace {

constexpr size_t kKeyBytes = 32;
// The key and a line end; a little more, so that a longer file is seen to be one.
constexpr size_t kMaxKeyFile = 64;

using Z85Key = std::array<char, kZ85KeyLength + 1>;

Status check_owner_and_mode(int fd, const std::string& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno("reading key", path);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorClass::invalid_input, "reading key", path, "not a regular file",
                "remove it; a new key is made at the next start");
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return fail(ErrorClass::denied, "reading key", path, "belongs to somebody else",
                "chown root " + path);
  }
  if ((status.st_mode & 077) != 0) {
    return fail(ErrorClass::denied, "reading key", path, "others can read or change it",
                "chmod 600 " + path + "; if it was copied, make a new one");
  }
  return {};
}

Status write_key_file(const std::string& path, std::string_view line) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           S_IRUSR | S_IWUSR));
  if (!fd) return fail_errno("creating", path);
  if (const Status written = write_all(fd.get(), line, path); !written) return written;
  if (::fsync(fd.get()) != 0) return fail_errno("syncing", path);
  return {};
}

}  // namespace

bool is_curve_key(std::string_view z85) {
  if (z85.size() != kZ85KeyLength) return false;
  std::array<uint8_t, kKeyBytes> bytes{};
  return zmq_z85_decode(bytes.data(), std::string(z85).c_str()) != nullptr;
}

std::string z85_of_key(std::string_view bytes) {
  Z85Key text{};
  if (bytes.size() != kKeyBytes) return {};
  zmq_z85_encode(text.data(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  return text.data();
}

CurveKeys::CurveKeys(CurveKeys&& other) noexcept
    // Copied and then wiped: a moved-from short string may keep its bytes.
    // NOLINTNEXTLINE(performance-move-constructor-init)
    : public_key_(std::move(other.public_key_)), secret_key_(other.secret_key_) {
  other.wipe();
}

CurveKeys& CurveKeys::operator=(CurveKeys&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  public_key_ = std::move(other.public_key_);
  secret_key_ = other.secret_key_;
  other.wipe();
  return *this;
}

CurveKeys::~CurveKeys() { wipe(); }

void CurveKeys::wipe() {
  sodium_memzero(secret_key_.data(), secret_key_.size());
  secret_key_.clear();
}

Result<CurveKeys> CurveKeys::generate() {
  Z85Key public_key{};
  Z85Key secret_key{};
  // A public key that begins with '-' would look like an option to `snctl keys add`.
  do {
    if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
      return fail_zmq(zmq_errno(), "making", "a CURVE key", "libzmq must be built with CURVE");
    }
  } while (public_key.front() == '-');
  CurveKeys keys;
  keys.public_key_ = public_key.data();
  keys.secret_key_ = secret_key.data();
  sodium_memzero(secret_key.data(), secret_key.size());
  return keys;
}

Result<CurveKeys> CurveKeys::generate_typable() {
  const auto typable = [](const std::string& key) {
    return key.front() != '-' && key.front() != '%' && key.front() != '=' &&
           key.find_first_of("!*?&<>()[]{}$#") == std::string::npos;
  };
  // One in 1,300: after 75 times as many something else is wrong.
  constexpr int kMaxTries = 100'000;
  for (int i = 1;; ++i) {
    auto keys = generate();
    if (!keys || typable(keys->public_key()) || i == kMaxTries) return keys;
  }
}

Result<CurveKeys> CurveKeys::from_secret(std::string_view secret_z85) {
  if (!is_curve_key(secret_z85)) {
    return fail(ErrorClass::corrupt, "reading", "a CURVE key", "not 40 characters of Z85");
  }
  CurveKeys keys;
  keys.secret_key_ = secret_z85;
  Z85Key public_key{};
  if (zmq_curve_public(public_key.data(), keys.secret_key_.c_str()) != 0) {
    return fail_zmq(zmq_errno(), "deriving", "a CURVE public key");
  }
  keys.public_key_ = public_key.data();
  return keys;
}

Result<CurveKeys> CurveKeys::load(const std::string& path) {
  // O_NONBLOCK: a FIFO put in its place must not stop us in open.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return fail_errno("reading key", path);
  if (const Status good = check_owner_and_mode(fd.get(), path); !good) {
    return tl::unexpected(good.error());
  }
  std::array<char, kMaxKeyFile> buffer{};
  const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
  if (size < 0) return fail_errno("reading key", path);
  std::string_view text(buffer.data(), static_cast<size_t>(size));
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto keys = from_secret(text);
  sodium_memzero(buffer.data(), buffer.size());
  if (!keys) {
    return fail(ErrorClass::corrupt, "reading key", path, keys.error().why,
                "restore it from a backup, or remove it: a new key is made at the next start");
  }
  return keys;
}

Result<CurveKeys> CurveKeys::load_or_create(const std::string& path) {
  auto loaded = load(path);
  if (loaded || loaded.error().what != ErrorClass::not_found) return loaded;
  const auto made = generate_typable();
  if (!made) return tl::unexpected(made.error());
  const Status saved = made->save(path);
  if (!saved && saved.error().what != ErrorClass::conflict) return tl::unexpected(saved.error());
  return load(path);
}

Status CurveKeys::save(const std::string& path) const {
  // link() puts the complete file in place and, unlike rename(), never over another one.
  const std::string part = path + "." + std::to_string(::getpid()) + ".new";
  std::string line = secret_key_ + "\n";
  ::unlink(part.c_str());
  Status saved = write_key_file(part, line);
  sodium_memzero(line.data(), line.size());
  if (saved && ::link(part.c_str(), path.c_str()) != 0) saved = fail_errno("creating", path);
  ::unlink(part.c_str());
  return saved ? sync_folder(path) : saved;
}

}  // namespace sn::net
