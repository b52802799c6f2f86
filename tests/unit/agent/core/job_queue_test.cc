#include "agent/core/job_queue.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

Job look(bool answer = false) {
  Job job;
  job.answer = answer;
  return job;
}
Job plan(uint64_t request, Job::Kind kind = Job::Kind::plan) {
  Job job;
  job.kind = kind;
  job.request = request;
  return job;
}
Job rebind(uint64_t generation, bool recovering = false) {
  Job job;
  job.kind = Job::Kind::rebind;
  job.rebind.generation = generation;
  job.recovering = recovering;
  return job;
}

TEST(JobQueue, LooksOnceWhereNobodyWaitsForTheAnswer) {
  JobQueue queue;
  EXPECT_TRUE(queue.add(look()));
  EXPECT_TRUE(queue.add(look()));
  EXPECT_TRUE(queue.add(look(true)));
  EXPECT_FALSE(queue.take()->answer);
  EXPECT_TRUE(queue.take()->answer);
  EXPECT_FALSE(queue.take());
}

TEST(JobQueue, IsBoundedButForARebind) {
  JobQueue queue;
  for (size_t i = 0; i < kMaxJobs; ++i) EXPECT_TRUE(queue.add(plan(i)));
  EXPECT_FALSE(queue.add(plan(99)));
  EXPECT_TRUE(queue.add(rebind(1)));
}

TEST(JobQueue, TheNewestRebindReplacesThoseThatWaitAndRehearsalsComeLast) {
  JobQueue queue;
  (void)queue.add(rebind(1, true));
  (void)queue.add(plan(7, Job::Kind::rehearse));
  (void)queue.add(rebind(2));
  (void)queue.add(plan(8));
  queue.add_newest_rebind(rebind(3));
  EXPECT_EQ(queue.take()->rebind.generation, 1U) << "what was begun is finished";
  EXPECT_EQ(queue.take()->request, 8U);
  EXPECT_EQ(queue.take()->rebind.generation, 3U);
  EXPECT_EQ(queue.take()->request, 7U);
  EXPECT_FALSE(queue.take());
}

TEST(JobQueue, HandsOutTheRebindsAndKeepsTheOthers) {
  JobQueue queue;
  (void)queue.add(plan(7));
  (void)queue.add(rebind(1, true));
  (void)queue.add(rebind(2));
  EXPECT_EQ(queue.take_rebinds().size(), 2U);
  EXPECT_EQ(queue.take()->request, 7U);
  EXPECT_FALSE(queue.take());
}

}  // namespace
}  // namespace sn::agent
