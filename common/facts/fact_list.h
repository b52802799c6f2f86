// Every fact: its code and the words for it, each on one line. details.h says what stands in
// braces; {because} is the fact that this one tells of. What stands in brackets is left out if
// anything in it is empty; [[ is a bracket. A code never changes its meaning.
#pragma once

// clang-format off
#define SN_FACTS(X)                                                                               \
  /* words that have no code */                                                                   \
  X(own_words, "{said}")                                                                          \
  X(found_at, "{place} {because}")                                                                \
  X(while_doing, "{by}[ {place}][: {because}][: {errno}]")                                        \
  /* the coordinator: why a node is not verified */                                               \
  X(references_left, "{count} references left")                                                   \
  X(heard_after_all, "it had heard of {takeover} after all, and is on {to}; it belongs to {sn}") \
  X(rebound_elsewhere, "somebody else moved it to {to}; it belongs to {sn}")                       \
  X(seen_newer_generation, "the node has had an order[ for {to}] that is newer than any known here") \
  X(generation_was_for, "its last order was for {to} by its own record, and for {sn} here")     \
  X(was_on_its_way, "it was on its way to {sn} before {takeover}[, and may still name {sns}]")    \
  X(not_told_still_on, "not told, still on {sn}: {because}")                                      \
  X(in_quarantine, "in quarantine: {because}")                                                    \
  X(over_before_it_moved, "{takeover} ended before this node moved to {to}, and {sns} is not marked failed any more") \
  X(cleared_before_it_moved, "{sn} was cleared before this node moved to {to}")                   \
  X(reports_instead, "it names {sns}, and belongs to {sn}")                                     \
  X(reports_what_it_was_not_to_leave, "it names {sns}, and was to leave {others} for {to}")      \
  X(taken_over_by, "taken over by {takeover}")                                                    \
  X(never_seen, "never seen")                                                                     \
  X(down, "down")                                                                                 \
  X(never_seen_moves, "never seen; moves when it connects")                                       \
  X(down_moves, "down; moves when it connects")                                                   \
  X(never_seen_will_be_held, "never seen; when it connects it waits for a decision")                           \
  X(down_will_be_held, "down; when it connects it waits for a decision")                                       \
  X(down_finishes_or_goes_back, "down; when it connects it finishes, or is given back if it had not heard of it") \
  X(not_told, "not told")                                                                         \
  X(not_told_frozen, "not told: frozen")                                                          \
  X(no_answer_yet, "no answer[ for {seconds} s]")                                                         \
  X(at_work_for, "{because}[, {seconds} s]")                                                      \
  X(now_at, "now {because}")                                                                      \
  X(still_at, "still at it: {because}")                                                           \
  X(left_out_by, "not told: {by} went on without it")                                             \
  X(turn_has_not_come, "not started yet")                                                   \
  /* why a takeover was stopped or aborted */                                                     \
  X(was_stopped, "{takeover} was stopped[: {because}]")                                           \
  X(aborted_by, "aborted by {by}")                                                                \
  X(canary_ended, "canary {node} ended {value}[: {because}]")                                     \
  X(ended_worse, "{count:node} ended worse than planned: {nodes}[; {because}]")                   \
  X(not_ended_after, "{count} have not ended after {seconds} s: {nodes}")                         \
  X(frozen_for, "frozen for {seconds} s")                                                         \
  X(nobody_told_for, "nobody could be told for {seconds} s")                                      \
  X(no_end_of, "no answer from {nodes} after {seconds} s[, {node}: {because}]")                        \
  X(canary_not_ended, "canary {nodes} has not ended after {seconds} s[, {node}: {because}]")      \
  /* what a status shows beside the verdict */                                                    \
  X(quarantine_notice, "QUARANTINE {because}")                                                    \
  X(names_again, "names {sn} again, {count:reference}[: {because}]")                              \
  X(drift_notice, "DRIFT {because}")                                                              \
  X(drifted, "{place}: {because}")                                                                \
  X(reports_other, "names {sns}, and belongs to {sn}")                                          \
  X(directory_differs, "its cluster.toml differs from the coordinator's")           \
  X(not_confined, "the session of its agent is not confined: its kernel has no seccomp filters") \
  X(observes_only, "the agent is in observe mode and refuses to change anything")                                    \
  X(conflict, "CONFLICT the inventory says {sn}, and it was moved to {to}[ by {takeover}]; this is not resolved automatically")              \
  X(stranded, "still on {sn}, which is FAILED")                                           \
  /* what a plan says of a group */                                                               \
  X(would_refuse, "observe: would be refused")                                                    \
  X(until_lease_renewed, "comes back when its DHCP lease is renewed")                             \
  X(until_activated_anew, "comes back when its connection is activated anew")                     \
  X(too_much_output, "it says more than can be read")                                             \
  X(unknown_holder, "nobody knows how it is told")                                                \
  X(lease_moved, "{value}: {because}")                                                            \
  X(setting_servers, "set the servers of {place}")                                                \
  X(no_test_line, "no test line could be sent to the log of {to}: {because}")                      \
  X(no_names_from, "no name resolves: name server {address} does not serve this node")            \
  X(no_names_through, "no name resolves: the name server on this node ({address}) has nobody who answers it") \
  X(names_come_late, "names resolve only after a wait: name server {address} does not answer")    \
  X(names_not_served, "{to} answers on 53/udp, but with an error (SERVFAIL or REFUSED)")          \
  X(clock_not_synchronised, "{to} answers on 123/udp, but its clock follows nobody")              \
  X(service_silent, "{to} does not answer on {value}")                                            \
  X(backup_does_not_answer, "it cannot reach {to}")                                     \
  X(no_plan_in_time, "connected, but no plan came in time")                                       \
  X(not_connected, "not connected")                                                               \
  X(no_backup, "no backup service node in the inventory")                                         \
  X(backup_unfit, "its backup {because}")                                                         \
  X(marked_failed, "{sn} is itself marked failed")                                                \
  X(in_maintenance, "{sn} is in maintenance")                                                     \
  /* refusals of a command */                                                                     \
  X(no_such_takeover, "no takeover '{value}'")                                            \
  X(no_such_service_node, "no service node '{value}'")                                    \
  X(no_such_node, "no node '{value}'")                                                    \
  X(aborted_not_ended, "{takeover} is aborted, and who was told is not at its end")               \
  X(still_runs, "{takeover} still runs")                                                          \
  X(is_running, "{takeover} is running")                                                          \
  X(takeover_is, "{takeover} is {because}")                                                       \
  X(not_taken_up_again, "{takeover} is {because} and not taken up again")                         \
  X(nothing_left_to_stop, "{takeover} is over: nothing to stop")                                \
  X(nobody_left_to_tell, "{takeover} is over: nothing to resume[; held, and to be decided one by one: {nodes}]") \
  X(not_marked_failed, "{sn} is not marked failed any more")                                      \
  X(had_no_part, "had no part in {takeover}: {nodes}")                                            \
  X(nothing_to_take_back_to, "no node was moved off {sn}, or each is back already")               \
  X(disk_full, "{place} is full: {count} of {of} MiB free")                                       \
  X(no_drift, "{node} has no drift to acknowledge")                                               \
  X(acknowledged, "acknowledged by {by}: {because}")                                              \
  X(nothing_to_take_back, "nothing of {takeover} is left to take back[: back already, or decided otherwise since: {nodes}]") \
  X(from_itself, "{sn} can't take over from itself")                                              \
  X(not_in_inventory, "not in the inventory: {nodes}")                                            \
  X(not_bound, "not on {sn}: {nodes}")                                                      \
  X(nobody_bound, "no node is on {sn}")                                                     \
  X(so_for_nodes, "{because}: {nodes}")                                                           \
  X(at_it, "{takeover} is already moving {nodes}[; {because}]")                                           \
  X(alive, "{sn} is alive ({by}: {said}[; seen by {count} of {of} nodes])[; {because}]")          \
  X(half_dead, "{sn} is HALF DEAD: it {said}[, from {value}], says {by}[; {count} of {of} nodes see it][; {because}]") \
  X(one_claims_life, "{node} alone says that {sn} lives ({said}); the coordinator and {count} other nodes see nothing of it[; {because}]") \
  X(backup_services_silent, "{to} does not serve {count:node} on {value}")                       \
  X(clear_although_silent, "{sn} does not answer ({said})")                                       \
  X(moved_meanwhile, "{takeover} ({by}) moved them to {sns} meanwhile")                                                 \
  X(answers_none, "{sn} answers none of {of} nodes[; {because}]")                                 \
  X(answers_nobody_asked, "{sn} answers not the coordinator, and no node could be asked[; {because}]") \
  X(no_question, "there is no question to answer")                                                \
  X(nothing_changed, "nothing was changed")                                                       \
  X(table_changed, "nodes or their service nodes changed since the plan was made")                                   \
  X(frozen_by, "frozen by {by}")                                    \
  X(must_look_itself, "{node} is not connected: it has to look itself")                           \
  X(stays_in_quarantine, "{node} looked again and stays in quarantine: {because}")                \
  X(no_answer_for, "{node} has not answered for {seconds} s")                                     \
  X(key_has_length, "a public key has 40 characters, this one {value}")                           \
  X(key_of_another, "this key is already {node}'s")                                               \
  X(generations_are_spent, "the table's last order is {generation}, and nodes obey none after it") \
  X(nothing_to_mend, "nothing in the table is to be mended")                                      \
  X(no_key, "{node} has no key")                                                                  \
  X(no_feed_key, "no subscriber has the name {name}")                                             \
  X(no_subscriber_name, "'{name}' is no name of a subscriber")                                    \
  X(most_subscribers, "{count} subscribers have a key, and there are no more places")             \
  /* refusals of an agent */                                                                      \
  /* a node that knocks to be let in */                                                           \
  X(knocks, "knocks, and is not let in: {because}")                                               \
  X(knock_from_elsewhere, "it knocks from {address}, which is not its address[ ({value})]")       \
  X(knock_of_no_address, "it knocks from {address}, and no address of it is known")               \
  X(knock_of_anybody, "it knocks from port {count}, which any user of {address} may use")         \
  X(knock_through, "it knocks through {address}, which says nothing of its own")                  \
  X(knock_by_hand_only, "whoever knocks is let in by hand here")                                  \
  X(other_key_answers, "its key that is enrolled answers over {value}, and another one knocks from {address}") \
  X(knock_too_many, "{count} keys knock for it already")                                          \
  X(nodes_are_asked, "{count:node} are being asked for their keys")                               \
  X(command_has_no_key, "the site's command printed no key of it[: {said}]")                      \
  X(command_has_other_key, "the site's command printed another key of it")                        \
  X(old_key_is_asked, "whether the key that {node} has still answers is being asked")             \
  X(key_rejected, "this key was rejected")                                                        \
  X(key_was_revoked, "its key was revoked by {by}")                                               \
  X(keys_change_too_often, "{count} keys of it were let in lately")                               \
  X(decided_meanwhile, "somebody decided about its key meanwhile")                                \
  X(nothing_can_be_stored, "the coordinator's disk is full")                                      \
  X(fingerprint_is_short, "a fingerprint is the first {count} characters of a key, at least")     \
  X(fingerprint_of_one, "a fingerprint is of one node's key")                                     \
  X(knocks_not, "{node} does not knock")                                                          \
  X(knocks_more, "{count} keys knock for {node}")                                                 \
  X(knocks_other, "no key that begins with {value} knocks for {node}")                            \
  X(no_port_of_root, "none of the ports 600 to 664 is to be had")                                 \
  X(greets_otherwise, "it greets otherwise than a coordinator")                                   \
  X(hung_up_on_knock, "no answer came")                                                           \
  X(not_our_coordinator, "its answer is not of the coordinator whose key is in agent.toml")       \
  X(knock_ended, "knocking ended without an answer")                                              \
  X(key_not_enrolled, "this key is not enrolled")                                                 \
  X(no_hello, "no hello came over this connection")                                               \
  X(key_belongs_to, "this key belongs to {node}, not to {value}")                                 \
  X(protocol_not_spoken, "protocol {value} is not spoken here, only {count}")                     \
  X(malformed_message, "malformed message: {because}")                                            \
  X(key_revoked, "its key was revoked")                                                           \
  /* what happened to a node in a takeover */                                                     \
  X(told_to_move, "told to move to {to}")                                                         \
  X(told_as_canary, "told to move to {to}, as canary")                                            \
  X(told_again, "told again to move to {to}")                                                     \
  X(given_back_to, "given back to {sn}: {because}")                                               \
  X(resumed_by, "resumed by {by}")                                                                \
  X(ended_on, "{value} on {sn}")                                                                  \
  X(ended_because, "{value}: {because}")                                                          \
  SN_AGENT_FACTS(X)

// A node's own words for its log, its command line and the coordinator's screens.
#define SN_AGENT_FACTS(X)                                                                         \
  /* what it is at */                                                                             \
  X(waiting_for_scripts, "waiting for {name} (pid {pid})[ and {count} more][, which waits for {sn}; routes, resolver and xcatinfo have moved]") \
  X(observing, "observe")                                                                         \
  X(verifying, "verify")                                                                          \
  X(proving, "prove {to}")                                                                        \
  X(staging_file, "stage {place}")                                                                \
  X(staging_mount, "mount {value}")                                                               \
  X(replacing_file, "replace {place}")                                                            \
  X(swapping_mount, "swap {place}")                                                               \
  X(changing_route, "route {place}")                                                              \
  X(reloading, "reload {name}")                                                                   \
  X(looking_again, "look again")                                                                  \
  /* a file that is not understood */                                                             \
  X(not_understood, "not understood: {because}")                                                  \
  X(quote_not_closed, "the quote is not closed")                                                  \
  X(quote_of_not_closed, "the quote of {name} is not closed")                                     \
  X(comment_not_closed, "the comment is not closed")                                              \
  X(brace_not_closed, "the brace is not closed")                                                  \
  X(brace_not_opened, "a closing brace without an opening one")                                   \
  X(bracket_not_closed, "the bracket is not closed")                                              \
  X(bracket_of_address_not_closed, "the bracket of the address is not closed")                    \
  X(options_not_closed, "the options of the action are not closed")                               \
  X(parenthesis_not_closed, "the parenthesis is not closed")                                      \
  X(is_missing, "'{value}' is missing")                                                           \
  X(if_without_then, "'if' without 'then'")                                                       \
  X(nested_too_deep, "nested deeper than {count}")                                                \
  X(filter_without_value, "a property filter without a value")                                    \
  X(filter_without_quotes, "a property filter without a value in quotes")                         \
  X(no_such_parameter, "no parameter of the form name=\"value\"")                                 \
  X(parameter_without_value, "a parameter without a value")                                       \
  X(no_list_of_values, "no list of quoted values")                                                \
  X(no_blank_behind, "no blank behind a parameter (is a quote missing?)")                         \
  X(two_targets, "two targets")                                                                   \
  X(line_too_long, "longer than {count} bytes")                                                   \
  X(unknown_directive, "unknown directive '{name}'")                                              \
  X(without_a_host, "'{name}' without a host")                                                    \
  X(program_prints_map, "a program that prints a map")                                            \
  X(map_in_amd_format, "a map in amd's format")                                                   \
  X(nul_byte, "a NUL byte")                                                                       \
  X(text_too_long, "it has {count} bytes; the limit is {of}")                                     \
  X(larger_than, "larger than {count} KiB")                                                       \
  X(at_token, "{value}: {because}")                                                               \
  /* a reference that has no successor */                                                         \
  X(name_not_in_directory, "{sn} is not in the directory")                                        \
  X(not_in_directory, "it is not in the directory")                                               \
  X(own_network_unknown, "the node's own network is not known")                                   \
  X(none_on_own_network, "it has none on the node's own network {value}")                         \
  X(none_on_network, "{to} has no address on network {value}")                                    \
  X(no_address_of, "it is no address of {sn}")                                                    \
  X(no_name_of, "it is no name of {sn}")                                                          \
  X(no_name_of_form, "{to} has no {value} name in node_names")                                    \
  X(mapped_elsewhere, "{name} is mapped to {address}, which is no address of {to}")               \
  X(nim_hosts_maps, "NIM_HOSTS maps {name} to {address}, which is no address of {to}")            \
  X(nim_master_here, "this is a NIM master")                                                      \
  X(master_id_of, "NIM_MASTERID {value} is {sn}'s, but the master's name is that of {sns}")       \
  X(master_id_of_nobody, "NIM_MASTERID {value} is no known service node's, but the master's name is that of {sns}") \
  X(master_name_is_not, "NIM_MASTERID is that of {sn}, but the master's name is not")             \
  X(machine_id_unknown, "the NIM machine id of {to} is not known")                                \
  X(dump_names, "DUMP names {sn}; a dump resource is not supported by a move without reboot")     \
  X(peer_not_let_in, "the permitted peers ({value}) do not let {to} in")                           \
  X(ntpd_ignores, "'{value}': ntpd takes no answer from {to}")                                    \
  X(equal_to, "left out: {place} names the same server[, with other options]")                    \
  X(variable_of_maps, "maps take their server from {name}; read-write mounts may be among them")  \
  X(type_not_moved, "a mount of type {name} is not moved")                                        \
  X(written_by, "{name} writes it from what its own configuration says")                          \
  X(named_and_left, "{name} names {sn} and is left as it is")                                     \
  X(map_not_looked_at, "a map of type {name} is not looked at; it may name anybody")              \
  X(edits_overlap, "edits overlap")                                                               \
  X(not_the_planned_file, "the file is not the one planned for")                                  \
  /* where a file lies */                                                                         \
  X(belongs_to, "belongs to {name}")                                                              \
  X(too_many_files, "more than {count} files")                                                    \
  X(include_not_followed, "what '{value}' reads is not known; it may name anybody")               \
  X(link_to_nowhere, "a link that leads nowhere")                                                 \
  X(no_regular_file, "no regular file")                                                           \
  X(read_after_swap, "is read once {place} is swapped")                                           \
  X(process_was_killed, "the reading process was killed")                                         \
  X(answer_too_large, "too large an answer")                                                      \
  X(no_answer_within, "no answer for {ms} ms")                                                    \
  X(others_can_write_above, "others than root can write {place}, and put another file in its place") \
  X(other_names_keep, "{count:other name} of it (hard links) will keep the old text") \
  X(others_can_write, "others than root can write it")                                            \
  X(of_another_version, "it is of version {of}, and this snagentd reads version {count} only")    \
  X(of_an_older_agent, "it does not begin with '{value}': an older snagentd wrote it, or somebody else") \
  X(not_as_written, "it is not what was written")                                                 \
  X(cut_short, "it is cut short")                                                                 \
  X(more_after_its_end, "something is after its end")                                             \
  X(no_beginning, "it does not begin with 'begin'")                                               \
  X(no_seccomp, "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER, Linux 4.14)") \
  X(another_agent_runs, "another snagentd runs")                                                  \
  X(no_program_named, "no program named")                                                         \
  X(no_space, "no space")                                                                         \
  X(no_memory, "no memory")                                                                       \
  X(libmount_does_not_understand, "libmount does not understand it")                              \
  X(too_many_mounts, "more than {count} mounts")                                                  \
  X(too_many_routes, "more than {count} routes")                                                         \
  /* what stays and why */                                                                        \
  X(stays, "{name} {value} stays[: {because}]")                                                   \
  X(until_next_boot, "{name} {value} until the next boot")                                        \
  X(stays_as_before, "{name} {value} stays: it was so before {by}")                               \
  X(other_data, "read-write, and the new service node's copy is other data")                      \
  X(unit_names_it, "a unit file names {name}, and systemd reads it only when it is told")          \
  X(key_is_the_servers_name, "the key is the server's name")                                      \
  X(returns_at_renewal, "set by DHCP: returns at lease renewal")                                  \
  X(nexthop_object_stays, "the routes leave it; it still leads to {address}")                     \
  /* a failback that can't be exact */                                                            \
  X(planned_from_what_it_is, "{because}; planned from its present state")                                \
  X(planned_from_what_is, "{because}; planned from its present state")                                      \
  X(changed_since, "changed since {by}")                                                          \
  X(was_not_on, "was not on {to} before {by}")                                                    \
  X(gone_since, "gone since {by}; it is not made anew")                                           \
  X(not_changed_by, "not changed by {by}")                                                        \
  X(not_as_left, "not as {by} left it")                                                           \
  X(rebooted_since, "rebooted since {by}")                                                        \
  X(nothing_recorded, "no record of {by} on this node (rebooted since?)") \
  X(record_unusable, "the record of {by} can't be used[: {because}]")                             \
  X(not_what_was_written, "it is not what was written there")                                     \
  X(of_earlier_boot, "it is of an earlier boot")                                                  \
  X(too_much_changed, "more than {count} bytes are changed")                                      \
  X(no_exact_way_back, "it can't be put back exactly: {because}")                                 \
  /* mounts */                                                                                    \
  X(node_runs_from, "{place}")                                                                    \
  X(swap_file, "swap {place}")                                                                    \
  X(loop_image, "image {place} of {name}")                                                        \
  X(overlay_lower, "overlay lower of {place}")                                                    \
  X(statelite_files, "statelite")                                                                 \
  X(mounted_from, "{because} is mounted from {sn} ({address}); a reboot is needed")               \
  X(lies_on, "{because} lies on {sn} ({address})")                                                \
  X(lies_on_reboot, "{because} lies on {sn} ({address}); a reboot is needed")                     \
  X(not_the_same_data, "read-write, and no [[shared_path]] says that {to} exports the same data") \
  X(kept_for, "kept for {value}")                                                                 \
  X(locks_held, "{count} locks are held on it; they stay with the old copy")                      \
  X(detached_under, "detached under {value}: only a reboot ends them, sync and shutdown may hang") \
  X(users_ended, "ended: {value}")                                                                \
  X(bare_since_interrupted_swap, "nothing is mounted there since an interrupted swap: {because}") \
  X(mount_option_refused, "option {name}: {said}")                                                \
  X(new_copy_has_no_marker, "the new copy has none: {because}")                                   \
  X(no_answer_for_seconds, "no answer for {seconds} s")                                           \
  X(copies_differ, "the two copies differ")                                                       \
  X(does_not_export, "{to} does not export {value}: no such path there")                           \
  X(exports_not_to_this_node, "{to} does not export {value} to this node: access denied")          \
  X(has_no_path, "it has no {value}: {errno}")                                                    \
  X(kinds_differ, "one copy is a directory, the other one is not")                                \
  X(nothing_mounted_there, "nothing is mounted there any more")                                   \
  X(mounted_there_now, "now {value} is mounted there")                                            \
  X(killed_still_there, "a process that was killed is still there")                               \
  X(stager_was_killed, "its process was killed")                                                  \
  X(not_mounted_from, "it is not mounted from {address}")                                         \
  X(old_mount_lost, "{errno}, and the old mount could not be put back")                           \
  /* files that are replaced */                                                                   \
  X(is_immutable, "it is immutable (chattr +i)")                                                  \
  X(is_append_only, "it can only be appended to (chattr +a)")                                     \
  X(folder_is_immutable, "its directory {place} is immutable (chattr +i)")                        \
  X(folder_is_append_only, "its directory {place} can only be appended to (chattr +a)")           \
  X(mount_is_read_only, "{place} is mounted read-only")                                           \
  X(server_refuses_to_write, "its file server refuses to write to {place}")                       \
  X(no_inodes_left, "no inodes are left on the file system of {place}")                           \
  X(no_room_for, "no space for {count} bytes on the file system of {place}")                      \
  X(changed_after_planned, "somebody changed it after it was planned")                            \
  X(no_mount_point, "it is no mount point any more")                                              \
  X(old_bind_lost, "{errno}, and the old mount of {value} could not be put back: {because}")      \
  X(written_at_that_moment, "somebody else wrote it at that moment")                              \
  X(not_written_whole, "it could not be written whole; the new content is in {value}")            \
  X(changed_back, "changed back after it was replaced: {name} {value}")                           \
  X(still_names, "still names {sn} ({name} {value})")                                             \
  X(name_stays, "{value} still names {sn}, and no rule moves it")                                 \
  X(more_names_stay, "{count} more places still name it, and no rule moves them")                 \
  X(packets_still_go_to, "packets still go to {address}")                                         \
  /* services */                                                                                  \
  X(it_ended, "it ended")                                                                         \
  X(does_not_run, "it does not run")                                                              \
  X(exited, "{name} exited {value}[: {said}]")                                                    \
  X(did_not_end, "{name} did not end: {because}")                                                 \
  X(no_new_process, "no new process within {ms} ms")                                              \
  X(no_end_within, "no end within {ms} ms")                                                       \
  X(outside_of_systemd, "its daemon (pid {pid}) was not started by systemd, and no [[service]] is configured for it") \
  X(ran_before, "it ran before it was to be restarted, and does not run now")                     \
  X(ended_after_restart, "it ended after its restart")                                            \
  X(configuration_not_read, "it runs and has not read its new configuration")                     \
  X(still_a_source, "{address} is still a source")                                                \
  X(no_source, "{value} is not a source")                                                         \
  X(stopped_may_be_down, "services that an earlier run stopped may be down: {because}")           \
  X(owed_not_kept, "the next run will not know what is down: {because}")                          \
  /* the plan that was confirmed, and the one that is made when told */                           \
  X(replanned, "planned anew: something was edited after the plan, and the steps are the same")   \
  X(plan_differs, "not as the plan that was confirmed: {because}[; {count:difference} in all]")   \
  X(confirmed_plan_unknown, "what its steps were is not known here any more")                     \
  X(step_not_confirmed, "({value}) was not in it")                                                \
  X(step_gone, "({value}) was in it, and is not to be done any more")                             \
  /* refusals of the executor */                                                                  \
  X(observe_mode, "this node is in observe mode")                                                 \
  X(nothing_staged_observing, "observe mode: nothing was staged")                                 \
  X(another_node, "this is {node}, not {value}")                                                  \
  X(older_generation, "this order is older than the newest that the node has had") \
  X(too_many_orders, "held until {clock}: it has obeyed {count} orders within ten minutes") \
  X(too_many_orders_here, "it obeys no new order for {seconds} s: there were {count} within ten minutes") \
  X(stuck_not_allowed, "--stuck={value} is not allowed on this node") \
  X(order_not_signed, "the order is not signed by this node's coordinator") \
  X(order_of_earlier_start, "the order is for an earlier start of this agent") \
  X(order_of_no_kind, "it is no order: {said}") \
  X(generation_jumps, "order {generation} is further ahead of {other_generation} than any that a coordinator gives out") \
  X(older_epoch, "this is the order of a coordinator that has been replaced") \
  X(other_target, "this order was for {sn}, not {to}")                               \
  X(unknown_here, "no entry for {sn}")                                     \
  X(entry_differs, "{name} of {sn} differ from the coordinator's[, here {value}][, there {said}]") \
  X(does_not_answer_here, "this node cannot reach {to} ({address})")                           \
  X(interrupted_unfinished, "an interrupted rebind is not finished yet")                          \
  X(script_at_work, "{name} (pid {pid}) is at work and writes the files that would be prepared")  \
  X(script_too_long, "{name} (pid {pid}) has been at work for more than {seconds} s and writes the files that would be changed") \
  X(rebind_at_work, "a rebind is at work")                                                        \
  X(rehearsal_ended, "the rehearsal was ended in the middle; nothing was changed")                \
  X(no_reading_answer, "the reading process ended without an answer")                             \
  X(reading_blocked, "reading this node's files is blocked for {seconds} s")                      \
  X(preparing_blocked, "preparing this node's files is blocked for {seconds} s")                  \
  X(killed_times, "the process that carried it out was killed {count} times")                     \
  X(killed_past_commit, "the process that finishes {value} was killed {count} times past its commit point") \
  X(looked_again, "{because} (looked at again: {said})")                                          \
  X(quarantine_unreadable, "it was in quarantine, and why can't be read: {because}")              \
  X(quarantine_without_reason, "it was in quarantine for no known reason")                        \
  X(bare_place, "nothing is mounted on {place} since an interrupted swap")                        \
  X(foreign_place, "{value} is mounted on {place} since an interrupted swap, and neither {name} nor {other_place}") \
  /* changes by somebody else */                                                                  \
  X(now_names, "now {name} {value}")                                                              \
  X(names_no_longer, "no longer {name} {value}")                                                  \
  /* what no rule owns */                                                                         \
  X(mentions, "mentions {sn}")                                                                    \
  X(sockets_open_to, "{count} open to {sn}")
// clang-format on
