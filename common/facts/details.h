// The typed parameters of a fact or a cure. Which of them a code has is said by its line in
// fact_list.h or cure_list.h; all others stay empty and are neither sent nor stored.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sn {

struct Details {
  std::string node = {};                 // {node}
  std::string sn = {};                   // {sn}: a service node
  std::string to = {};                   // {to}: the service node to go to
  std::string place = {};                // {place}: a path, "route default", a mount point
  std::string other_place = {};          // {other_place}
  std::string address = {};              // {address}: numeric
  std::string name = {};                 // {name}: a program, a service, a variable, a word
  std::string value = {};                // {value}: what was found or is meant
  std::string by = {};                   // {by}: who did or saw it
  std::string said = {};                 // {said}: words of a service, the kernel or a library
  std::vector<std::string> nodes = {};   // {nodes}: folded when shown
  std::vector<std::string> sns = {};     // {sns}: service nodes
  std::vector<std::string> others = {};  // {others}: further service nodes
  uint64_t takeover = 0;                 // {takeover}: shown as "T17"
  uint64_t generation = 0;               // {generation}
  uint64_t other_generation = 0;         // {other_generation}
  uint64_t count = 0;                    // {count}, {count:noun}: "1 noun", "2 nouns"
  uint64_t of = 0;                       // {of}
  uint64_t ms = 0;                       // {seconds}: whole seconds; {ms}; {clock}: of Unix time
  uint64_t pid = 0;                      // {pid}
  uint32_t os_errno = 0;                 // {errno}: as the system words it
  bool planned = false;                  // {planned}: "--planned"

  bool operator==(const Details&) const = default;
};

// One list for the wire, JSON and the store. `v.optional` leaves out what is empty.
template <class V>
void fields(V& v, Details& m) {
  v.optional("node", m.node);
  v.optional("sn", m.sn);
  v.optional("to", m.to);
  v.optional("place", m.place);
  v.optional("other_place", m.other_place);
  v.optional("address", m.address);
  v.optional("name", m.name);
  v.optional("value", m.value);
  v.optional("by", m.by);
  v.optional("said", m.said);
  v.optional("nodes", m.nodes);
  v.optional("sns", m.sns);
  v.optional("others", m.others);
  v.optional("takeover", m.takeover);
  v.optional("generation", m.generation);
  v.optional("other_generation", m.other_generation);
  v.optional("count", m.count);
  v.optional("of", m.of);
  v.optional("ms", m.ms);
  v.optional("pid", m.pid);
  v.optional("errno", m.os_errno);
  v.optional("planned", m.planned);
}

}  // namespace sn
