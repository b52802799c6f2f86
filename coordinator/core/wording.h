// What the coordinator says in whole sentences: the texts of its events (PROTOCOL.md section 7) and
// of commands that are done. For people: nothing reads them. The words of facts and cures are
// common/facts/text.h's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/facts/text.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator::wording {

// ---------------------------------------------------------------- events

[[nodiscard]] std::string coordinator_started(size_t nodes, size_t service_nodes);
[[nodiscard]] std::string connected(const wire::Hello& hello);
[[nodiscard]] std::string lost();
[[nodiscard]] std::string claims_to_be(const std::string& node);
[[nodiscard]] std::string speaks_protocol(uint32_t protocol);
[[nodiscard]] std::string reports_generation(uint64_t generation);
// Of `snctl table mend`: what is to be done on these nodes.
[[nodiscard]] std::string mended(const std::vector<std::string>& nodes);
// "SN1P -> SN2P"
[[nodiscard]] std::string told(const Assignment& assignment);
[[nodiscard]] std::string rebooted_and_names(const std::vector<std::string>& service_nodes);
// Why it has its verdict, or where it is.
[[nodiscard]] std::string verdict(const Assignment& assignment, const std::string& service_node);
// "/etc/resolv.conf:2 nameserver 10.1.1.100 -> nameserver 10.1.1.101"
[[nodiscard]] std::string mount(const NfsMount& mount);
[[nodiscard]] std::string by(const std::string& who);
[[nodiscard]] std::string up_by(const std::string& who);
[[nodiscard]] std::string up_by_failback();
// "SILENT: 0 of 5 nodes, MN no"
[[nodiscard]] std::string life(const LifeStatus& status);
[[nodiscard]] std::string answers_again(const std::string& evidence);
[[nodiscard]] std::string started(size_t nodes, const TakeoverHeader& takeover);
[[nodiscard]] std::string resumed(size_t nodes, const std::string& who);
[[nodiscard]] std::string exit_code(int code);
[[nodiscard]] std::string disk(const Disk& disk);
// "12 nodes, 1 blocked, 11 whole"
[[nodiscard]] std::string rehearsed(const PlanAnswer& plan);
[[nodiscard]] std::string seen(const SeenServer& server);
// `node`: whose question was not answered; empty: the coordinator's own.
[[nodiscard]] std::string told_to_look(const std::string& owner, const std::string& address,
                                       const std::string& node, size_t nodes_told);

// ---------------------------------------------------------------- commands that are done

[[nodiscard]] std::string frozen();
// `stopped`: takeovers that do not go on by themselves.
[[nodiscard]] std::string thawed(const std::vector<uint64_t>& stopped);
[[nodiscard]] std::string marked_up(const std::string& service_node, bool silent,
                                    const std::vector<std::string>& held,
                                    const std::vector<uint64_t>& stopped);
[[nodiscard]] std::string aborted(const TakeoverHeader& takeover,
                                  const std::vector<std::string>& untold,
                                  const std::vector<std::string>& told,
                                  const std::vector<std::string>& held,
                                  const std::vector<ServiceNodeRecord>& marked);
[[nodiscard]] std::string nothing_to_do(const std::string& from,
                                        const std::vector<std::string>& already);
[[nodiscard]] std::string in_no_quarantine(const std::string& node);
[[nodiscard]] std::string out_of_quarantine(const std::string& node);
[[nodiscard]] std::string acknowledged(const std::vector<std::string>& nodes);
// `retired`: keys that it had before.
[[nodiscard]] std::string enrolled(const std::string& node, size_t retired);
[[nodiscard]] std::string key_added(const std::string& key, const std::string& how);
[[nodiscard]] std::string more_knocks(uint64_t count);
[[nodiscard]] std::string accepted(const std::vector<std::string>& nodes);
[[nodiscard]] std::string rejected(size_t keys, const std::vector<std::string>& nodes);
// `over_tcp`: so far nobody needs a key.
[[nodiscard]] std::string may_subscribe(const std::string& name, bool had_one, bool over_tcp);
[[nodiscard]] std::string may_not_subscribe(const std::string& name);
[[nodiscard]] std::string over_budget(uint64_t frames, uint64_t connections);
[[nodiscard]] std::string revoked(size_t keys, const std::string& node);

}  // namespace sn::coordinator::wording
