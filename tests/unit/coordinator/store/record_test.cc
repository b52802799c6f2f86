#include "coordinator/store/record.h"

#include <gmock/gmock.h>

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

Assignment of(const std::string& node) {
  Assignment one;
  one.node = node;
  one.serial = 7;
  one.to = "SN2P";
  one.from = {"SN1P"};
  return one;
}

TEST(Record, IsTheSameBytesEveryTime) {
  LogEnd one, other;
  const std::vector<StoreChange> batch{PutAssignment{of("cn001")}, PutGeneration{5}};
  EXPECT_EQ(*records_of(batch, one), *records_of(batch, other));
  EXPECT_EQ(one, other);
  LogEnd elsewhere{9, "x"};
  EXPECT_NE(*records_of(batch, one), *records_of(batch, elsewhere)) << "it stands where it stands";
}

TEST(Record, OfALargeBatchHasParts) {
  LogEnd end;
  std::vector<StoreChange> batch;
  for (int i = 0; i < 30'000; ++i) batch.emplace_back(PutAssignment{of("cn" + std::to_string(i))});
  const auto records = *records_of(batch, end);
  ASSERT_GT(records.size(), 1U);
  EXPECT_EQ(end.number, records.size());
  LogEnd read;
  size_t found = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_LT(records[i].size(), kMaxRecordBytes + 1'000);
    const auto record = read_record(records[i], read);
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_EQ(record->part, i + 1);
    EXPECT_EQ(record->parts, records.size());
    for (const auto& change : record->changes) {
      EXPECT_EQ(std::get<PutAssignment>(change).assignment,
                std::get<PutAssignment>(batch[found]).assignment);
      ++found;
    }
  }
  EXPECT_EQ(found, batch.size());
  EXPECT_EQ(read, end);
}

TEST(Record, IsSmall) {
  LogEnd end;
  Assignment told = of("cn00001");
  told.takeover = 17;
  told.generation = 1'700'000'000'123;
  told.state = AssignmentState::released;
  told.verdict = Verdict::pending;
  told.group = "A";
  told.plan_hash = "0123456789abcdef";
  told.told_unix_ms = 1'700'000'000'223;
  told.note(1'700'000'000'223, Fact(FactCode::told_to_move, {.to = "SN2P"}));
  Assignment another = told;
  another.node = "cn00002";
  const size_t alone = records_of({PutAssignment{told}}, end)->front().size();
  const size_t both =
      records_of({PutAssignment{told}, PutAssignment{another}}, end)->front().size();
  EXPECT_LT(both - alone, 200U);
}

TEST(Record, HasOnlyTheLastOfAnAssignment) {
  Assignment told = of("cn001");
  told.state = AssignmentState::released;
  const std::vector<StoreChange> batch{PutAssignment{of("cn001")}, PutAssignment{of("cn002")},
                                       PutAssignment{told}};
  LogEnd end, read;
  auto record = read_record(records_of(batch, end)->front(), read);
  ASSERT_TRUE(record);
  ASSERT_EQ(record->changes.size(), 2U);
  EXPECT_EQ(std::get<PutAssignment>(record->changes.back()).assignment, told);
  // One that is dropped in between is another one.
  record = read_record(
      records_of({batch[0], DropAssignment{"cn001", 7}, PutAssignment{told}}, end)->front(), read);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->changes.size(), 3U);
}

TEST(Record, IsReadOnlyWhereItBelongs) {
  LogEnd end;
  const auto first = records_of({PutGeneration{1}}, end)->front();
  const LogEnd after_first = end;
  const auto second = records_of({PutGeneration{2}}, end)->front();
  LogEnd read;
  EXPECT_THAT(read_record(second, read).error().message(), HasSubstr("record 1"));
  ASSERT_TRUE(read_record(first, read));
  EXPECT_EQ(read, after_first);
  LogEnd elsewhere{1, "another"};
  EXPECT_THAT(read_record(second, elsewhere).error().message(),
              HasSubstr("does not follow the one before"));
  EXPECT_THAT(read_record("nonsense", read).error().message(), HasSubstr("record 2"));
  EXPECT_TRUE(read_record(second, read));
}

TEST(Record, NamesAWordItDoesNotKnow) {
  Assignment odd = of("cn001");
  odd.verdict = static_cast<Verdict>(99);
  LogEnd end, read;
  const auto record = read_record(records_of({PutAssignment{odd}}, end)->front(), read);
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message(), HasSubstr("an unknown word"));
}

}  // namespace
}  // namespace sn::coordinator
