#include "agent/watch/boot_scripts.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

// Words of a command line, as /proc/PID/cmdline has them.
std::string arguments(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const auto& word : words) {
    text += word;
    text += '\0';
  }
  return text;
}

TEST(BootScripts, AreKnownByTheirNamesWhateverTheirEnding) {
  EXPECT_EQ(boot_script_of("xcatdsklspost"), "xcatdsklspost");
  EXPECT_EQ(boot_script_of("xcatpostinit1"), "xcatpostinit1");
  EXPECT_EQ(boot_script_of("mypostscript.post"), "mypostscript");
  // As the kernel cuts them.
  EXPECT_EQ(boot_script_of("xcatpostinit1.n"), "xcatpostinit1");
  EXPECT_EQ(boot_script_of("xcatinstallpost"), "xcatinstallpost");
  EXPECT_EQ(boot_script_of("xcatsysclonepos"), "xcatsysclonepost");
}

TEST(BootScripts, OtherNamesAreNone) {
  for (const char* name : {"", "bash", "xcatdsklspos", "xcatdsklspost2", "xxcatdsklspost", "xcatd",
                           "snagentd", ".xcatdsklspost"}) {
    EXPECT_EQ(boot_script_of(name), "") << name;
  }
}

TEST(BootScripts, AreFoundAsTheScriptThatAShellWasGiven) {
  EXPECT_EQ(boot_script_in(arguments({"bash", "/opt/xcat/xcatdsklspost", "4"})), "xcatdsklspost");
  EXPECT_EQ(boot_script_in(arguments({"/bin/sh", "-x", "./mypostscript"})), "mypostscript");
  EXPECT_EQ(boot_script_in(arguments({"bash", "-o", "pipefail", "xcatpostinit1.netboot", "start"})),
            "xcatpostinit1");
  EXPECT_EQ(boot_script_in(arguments({"bash", "--norc", "--", "xcatdsklspost"})), "xcatdsklspost");
  EXPECT_EQ(boot_script_in(arguments({"busybox", "sh", "/xcatpost/mypostscript"})), "mypostscript");
}

TEST(BootScripts, AnArgumentOfAnotherScriptIsNone) {
  for (const auto& line :
       {arguments({"bash", "/usr/bin/which", "xcatdsklspost"}),
        arguments({"bash", "-c", "xcatdsklspost"}), arguments({"sh", "-ec", "xcatdsklspost", "x"}),
        arguments({"bash", "-o", "xcatdsklspost"}), arguments({"xcatdsklspost"}),
        arguments({"bash", "--"}), arguments({"bash", "-x"}), std::string()}) {
    EXPECT_EQ(boot_script_in(line), "");
  }
}

TEST(BootScripts, ACommandLineThatWasCutIsReadAsFarAsItGoes) {
  EXPECT_EQ(boot_script_in(std::string("bash\0/opt/xcat/xcatdsklspost", 28)), "xcatdsklspost");
}

}  // namespace
}  // namespace sn::agent
