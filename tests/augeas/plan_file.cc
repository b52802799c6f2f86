// sn_plan_file KIND PATH FILE: what a kind makes of FILE, read as if it were PATH on a node, in the
// cluster of tests/vectors/cluster.h and its move. With --references it lists what it finds
// instead. Exit code 0: the result is on standard output; 1: refused, the reason on standard error;
// 2: usage.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "tests/vectors/cluster.h"

namespace {

int refused(const sn::Error& error) {
  std::cerr << error.message() << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const bool list = argc == 5 && std::string(argv[1]) == "--references";
  const auto* kind = argc == (list ? 5 : 4) ? sn::agent::kind_named(argv[argc - 3]) : nullptr;
  if (kind == nullptr) {
    std::cerr << "usage: sn_plan_file [--references] KIND PATH FILE\n";
    return 2;
  }
  const std::string path = argv[argc - 2];
  std::ifstream file(argv[argc - 1], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const sn::IdentityIndex identity(sn::agent::vector_directory());
  if (list) {
    const auto references = kind->discover(path, text, identity);
    if (!references) return refused(references.error());
    for (const auto& reference : *references) {
      std::cout << reference.place << " " << reference.label << " " << reference.value << " "
                << reference.owner << " " << to_string(reference.role) << "\n";
    }
    return 0;
  }
  const auto plan = kind->plan(path, text, identity, sn::agent::vector_move());
  if (!plan) return refused(plan.error());
  const auto result = sn::agent::apply_edits(text, plan->edits);
  if (!result) return refused(result.error());
  std::cout << *result;
  return 0;
}
