// Runs the property tests with a printed seed. To repeat a run: RC_PARAMS="seed=N" sn_property.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const char* given = std::getenv("RC_PARAMS");
  std::string parameters = given != nullptr ? given : "";
  if (parameters.find("seed=") == std::string::npos) {
    parameters += " seed=" + std::to_string(std::random_device{}());
  }
  // 400 files a kind: a few seconds without sanitizers, under a minute with them.
  if (parameters.find("max_success=") == std::string::npos) parameters += " max_success=400";
  setenv("RC_PARAMS", parameters.c_str(), 1);
  std::cout << "RC_PARAMS=\"" << parameters << "\"\n";
  return RUN_ALL_TESTS();
}
