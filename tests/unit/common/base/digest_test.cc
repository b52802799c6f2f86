#include "common/base/digest.h"

#include <gtest/gtest.h>

namespace sn {
namespace {

// As `python3 -c "import hashlib; print(hashlib.blake2b(b'', digest_size=32).hexdigest())"`; a
// piece is followed by its length in eight bytes, the lowest first.
TEST(Digest, IsBlake2b) {
  EXPECT_EQ(Digest().hex(), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(Digest().add("abc").hex(),
            "77b3dc69a2dd874c045dcc0e3ce7b9930a72e7442f808c8394afae9ce3afbbdb");
  EXPECT_EQ(Digest().add("abc").short_hex(), "77b3dc69a2dd874c");
}

TEST(Digest, TellsWhereAPieceEnds) {
  EXPECT_NE(Digest().add("ab").add("c").hex(), Digest().add("a").add("bc").hex());
  EXPECT_NE(Digest().add("").hex(), Digest().hex());
}

TEST(Digest, CanBeAskedInBetween) {
  Digest digest;
  digest.add("a");
  EXPECT_EQ(digest.hex(), Digest().add("a").hex());
  digest.add("b");
  EXPECT_EQ(digest.hex(), Digest().add("a").add("b").hex());
}

// By FNV-1a of 64 bits these two are one.
TEST(Digest, TellsApartWhatAWeakOneDoesNot) {
  EXPECT_NE(Digest().add("8yn0iYCKYHlIj4-BwPqk").hex(), Digest().add("GReLUrM4wMqfg9yzV3KQ").hex());
}

}  // namespace
}  // namespace sn
