#include "agent/watch/mount_users.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "agent/watch/mount_table.h"
#include "common/base/unique_fd.h"
#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::Not;

// Every file system will do: it is known by the mount that it is opened on.
class MountUsers : public testing::Test {
 protected:
  MountUsers() {
    const auto table = read_mount_table("/proc/self/mountinfo");
    const Mount* mount = mount_of(*table, directory_.path());
    mount_ = *mount;
    mount_.place = directory_.path();  // nobody works there: only open files count
  }
  auto me(bool stuck, const std::string& how) {
    return AllOf(Field(&MountUser::pid, getpid()), Field(&MountUser::stuck, stuck),
                 Field(&MountUser::how, how), Field(&MountUser::superblock, mount_.superblock));
  }
  TemporaryDirectory directory_;
  Mount mount_;
};

TEST_F(MountUsers, AWriterCanNotLetGo) {
  const std::string path = directory_.path() + "/file";
  const UniqueFd writer(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(writer);
  EXPECT_THAT(find_mount_users({mount_}), Contains(me(true, "writes")));
}

TEST_F(MountUsers, SomebodyWhoWorksThereIsSeenByHisDirectory) {
  mount_.id = -1;
  mount_.place = std::filesystem::current_path();
  EXPECT_THAT(find_mount_users({mount_}), Contains(me(false, "works in it")));
}

TEST_F(MountUsers, NobodyUsesAMountThatIsNotThere) {
  mount_.id = -1;
  EXPECT_THAT(find_mount_users({mount_}), Not(Contains(Field(&MountUser::pid, getpid()))));
}

TEST(Locks, AreCountedByFileSystem) {
  const std::string locks =
      "1: POSIX  ADVISORY  WRITE 812 00:29:1234 0 EOF\n"
      "1: -> POSIX  ADVISORY  WRITE 813 00:29:1234 0 EOF\n"
      "2: FLOCK  ADVISORY  READ  900 00:2a:77 0 EOF\n"
      "3: POSIX  ADVISORY  READ  901 00:29:9 0 10\n";
  EXPECT_EQ(parse_locks(locks, "0:41"), 2U);
  EXPECT_EQ(parse_locks(locks, "0:42"), 1U);
  EXPECT_EQ(parse_locks(locks, "0:43"), 0U);
  EXPECT_EQ(parse_locks("rubbish\n", "0:41"), 0U);
  EXPECT_EQ(parse_locks(locks, ""), 0U);
}

TEST(Jobs, AreKnownByCgroupOrEnvironment) {
  EXPECT_EQ(job_of_cgroup("0::/system.slice/slurmstepd.scope/job_812/step_0/user\n"), "slurm 812");
  EXPECT_EQ(job_of_cgroup("4:cpu:/slurm/uid_1000/job_77/step_batch\n"), "slurm 77");
  EXPECT_EQ(job_of_cgroup("1:cpu:/lsf/hpc/job.4711.23.1700000000\n"), "lsf 4711");
  EXPECT_EQ(job_of_cgroup("0::/user.slice/user-1000.slice\n"), "");
  EXPECT_EQ(job_of_environment(std::string("A=1\0SLURM_JOB_ID=9\0", 19)), "slurm 9");
  EXPECT_EQ(job_of_environment(std::string("LSB_JOBID=44\0", 13)), "lsf 44");
  EXPECT_EQ(job_of_environment(std::string("XLSB_JOBID=44\0", 14)), "");
}

}  // namespace
}  // namespace sn::agent
