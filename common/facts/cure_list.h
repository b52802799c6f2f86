// Every cure: its code and the words for it, each on one line. details.h says what stands in
// braces; what stands in brackets is left out if anything in it is empty; [[ is a bracket.
#pragma once

// clang-format off
#define SN_CURES(X)                                                                               \
  X(own_words, "{said}")                                                                          \
  SN_COMMAND_CURES(X)                                                                             \
  /* steps that a command follows */                                                              \
  X(decide_anew_after_restore, "was an older state.db restored? snctl takeover SN --nodes {nodes} decides anew where it belongs") \
  X(clear_service_node, "when it is well again: snctl sn clear {sn}")                             \
  X(resume_when_back, "when it is back: snctl resume {takeover}")                                 \
  X(follow_or_abort, "{value} follows it; to do it otherwise: {name}, then this again")           \
  X(looks_again, "{value} looks again")                                                           \
  X(although_it_lives, "to move its nodes although it lives: {value}; if it is off or isolated all the same: {name}") \
  X(start_service_or_force, "start it there; to move what can be moved all the same: {value}")    \
  X(start_service_there, "start it on {to}")                                                      \
  X(when_fenced, "switch it off or isolate it, then: {value}")                                    \
  X(leave_it_out, "if {node} is wrong: {value}")                                                  \
  X(bring_back_then, "bring it back, then {value}")                                               \
  /* steps on this machine */                                                                     \
  X(bring_back_or_other_target, "bring it back, or name another target with --to")                \
  X(name_a_target, "name a target with --to")                                                     \
  X(name_another_target, "name another target with --to")                                         \
  X(name_another_target_or_clear, "name another target with --to, or, when it is well again: snctl sn clear {sn}") \
  X(correct_nodes, "correct --nodes")                                                             \
  X(correct_nodes_or_add, "correct --nodes, or add them to cluster.toml")                         \
  X(service_node_meant, "did you mean {to}? The inventory has: {value}")                           \
  X(inventory_knows, "the inventory has: {value}")                                              \
  X(choose_enrolment_port, "choose another enrolment_port, here and in every agent.toml")         \
  X(correct_listen, "correct listen in sncoordd.toml: an address of this machine")                \
  X(add_to_inventory, "add it to cluster.toml and restart sncoordd")                              \
  X(stop_dhcp_then_clear, "stop its DHCP server and look at it; when it is well again: snctl sn clear {sn}") \
  X(status_of_agent, "xdsh {nodes} systemctl status snagentd")                                    \
  X(free_disk, "df {place}, and remove what does not belong there; snctl status shows when it is enough") \
  X(is_it_on, "rpower {nodes} stat")                                             \
  X(is_it_enrolled, "xdsh {nodes} systemctl status snagentd; snctl keys list has its key?")                 \
  X(see_load_and_network, "rpcinfo -T tcp {address} nfs asks it; see its load and the network")                                         \
  X(bring_server_back, "rpcinfo -T tcp {address} nfs asks it; bring it back, and the nodes go on by themselves")                          \
  X(print_key, "snagentd key, on the node, prints it")                                            \
  X(name_subscriber, "a word of letters, digits, '-', '_' and '.', of at most 64")                \
  X(key_of_subscriber, "the public key of a pair of its own; zmq.curve_keypair() makes one")      \
  /* steps on a node */                                                                           \
  X(copy_directory, "copy cluster.toml to /etc/snagent/cluster.toml on the node")                 \
  X(set_act_mode, "set mode = \"act\" in /etc/snagent/agent.toml")                                \
  X(allow_stuck, "add \"{value}\" to allow_stuck in /etc/snagent/agent.toml on the node")         \
  X(same_order_key, "compare coordinator_key in /etc/snagent/agent.toml with: sncoordd key") \
  X(set_act_mode_and_restart, "set mode = \"act\" in /etc/snagent/agent.toml and restart snagentd") \
  X(check_network_to, "check the network between the node and {to}")                              \
  X(set_node_or_enrol, "set node in agent.toml, or enrol the right key")                          \
  X(same_version, "install the same version on node and management node")                         \
  X(node_says, "the node says: {said}")                                                           \
  X(remove_generation_files, "remove /run/snagent/generation and /var/lib/snagent/generation on the node, and restart snagentd") \
  SN_AGENT_CURES(X)

// What begins with the command to paste.
#define SN_COMMAND_CURES(X)                                                                       \
  X(move_node, "snctl takeover {sn}[ --to {to}] --nodes {nodes}[ {planned}]")                     \
  X(move_node_or_leave, "snctl takeover {sn} --nodes {nodes}[ {planned}], or leave it")           \
  X(move_node_planned, "snctl takeover {sn} --planned --nodes {nodes}")                           \
  X(move_node_to_some, "snctl takeover {sn} --to SN --nodes {nodes}")                             \
  X(decide_anew, "snctl takeover SN --nodes {nodes} decides anew where it belongs")               \
  X(takeover, "snctl takeover {sn}")                                                              \
  X(mend_table, "snctl table mend")                                                               \
  X(clear_node, "snctl clear {node}")                                                             \
  X(show, "snctl show {takeover}")                                                                \
  X(watch, "snctl watch {takeover}")                                                              \
  X(resume_nodes, "snctl resume {takeover} --nodes {nodes}")                                      \
  X(resume_without, "snctl resume {takeover} --without {nodes}")                                  \
  X(resume, "snctl resume {takeover}")                                                            \
  X(resume_or_abort, "snctl resume {takeover}, or snctl abort {takeover}")                        \
  X(failback, "snctl failback {takeover}")                                                        \
  X(failback_to, "snctl failback {sn}")                                                           \
  X(failback_takes_it_back, "snctl failback {takeover} takes it back")                            \
  X(move_the_rest, "snctl takeover {sn}[ --to {to}] --rest[ {planned}]")                          \
  X(acknowledge, "snctl ack {nodes} if it is meant so; it is shown, not corrected")                \
  X(status_node_shows, "snctl status NODE shows where each is; correct --nodes")             \
  X(shown_not_corrected, "snctl takeover {sn} --nodes {nodes}[ {planned}]; or correct cluster.toml") \
  X(conflict_failback, "snctl failback {takeover}; or correct cluster.toml and restart sncoordd") \
  X(conflict_move, "snctl takeover {sn} --to {to} --planned --nodes {nodes}; or correct cluster.toml and restart sncoordd") \
  X(thaw, "snctl thaw")                                                                           \
  X(status_node, "snctl status {node}")                                                           \
  X(status_lists, "snctl status")                                                      \
  X(status_shows, "snctl status shows which node belongs where")                                  \
  X(history_lists, "snctl history")                                                    \
  X(history_and_status, "snctl history; snctl status shows which node belongs where")             \
  X(plan_then_takeover, "snctl plan {sn}, then a new takeover")                                   \
  X(planned_or_abort, "snctl takeover {sn} --planned moves its nodes although it lives; snctl abort {takeover} gives up") \
  X(watch_until_it_ends, "snctl watch {takeover} until it ends")                                  \
  X(watch_or_abort, "snctl watch {takeover} until it ends, or snctl abort {takeover}")            \
  X(revoke_key, "snctl keys revoke {node}")                                                       \
  X(list_keys, "snctl keys list")                                                                 \
  X(add_key, "snctl keys add NODE KEY, with the key that snagentd key prints")                    \
  X(accept_key, "snctl keys accept {nodes}, if it is the key that snagentd key prints there")     \
  X(accept_key_of, "snctl keys accept {node} --fingerprint, with the beginning of what snagentd key prints there") \
  X(revoke_feed_key, "snctl keys revoke --feed {name}")                                           \
  X(revoke_some_feed_key, "snctl keys revoke --feed NAME, of one that reads no more")             \
  X(list_pending, "snctl keys pending")                                                           \
  X(plan_shows, "snctl plan {sn} shows what a takeover would do")

// What a node itself names as the cure.
#define SN_AGENT_CURES(X)                                                                         \
  X(run_again, "run it again")                                                                    \
  X(run_takeover_again, "run the takeover again")                                                 \
  X(run_plan_again, "run the plan again")                                                         \
  X(rehearse_again, "rehearse again")                                                             \
  X(rehearse_in_a_moment, "rehearse again in a moment")                                           \
  X(rehearse_when_ended, "rehearse again when it has ended")                                      \
  X(correct_chrony, "correct the line (chronyd -p shows what it reads)")                          \
  X(correct_rsyslog, "correct it (rsyslogd -N1 checks it)")                                       \
  X(permit_peer, "name what the certificate of {to} says among the permitted peers")              \
  X(let_it_in, "add a restrict line that lets {to} in")                                           \
  X(close_it, "close it there")                                                                         \
  X(restore_file, "restore the file")                                                             \
  X(correct_file, "correct the file")                                                             \
  X(see_what_it_reads, "look at what it reads; what names the old service node there is to be changed by hand") \
  X(see_what_prints, "look at what it prints")                                                    \
  X(write_sun_format, "write it in the sun format, or by hand")                                   \
  X(see_what_wrote, "see what wrote it; a file of this kind is a few lines")                      \
  X(move_large_file, "such a file is no configuration of ours; move it")                          \
  X(move_elsewhere, "move what is no configuration elsewhere")                                    \
  X(find_writer, "find out who writes it")                                                        \
  X(find_mounter, "find out who makes them")                                                      \
  X(add_to_directory, "add it to cluster.toml")                                                   \
  X(add_address, "add one to cluster.toml, or choose another target with --to")                   \
  X(add_name, "add one to cluster.toml")                                                          \
  X(correct_line_or_add_address, "correct the line, or add the address to {to} in cluster.toml")  \
  X(correct_entry_or_add_address, "correct the entry, or add the address to {to} in cluster.toml") \
  X(not_a_client, "a NIM master is no client of a service node; take it out of the node list")    \
  X(set_master_id, "set the right nim_master_id in cluster.toml, or correct the file")            \
  X(set_machine_id, "set nim_master_id of {to} in cluster.toml (uname -m on it)")                 \
  X(judge_from_mounts, "judge from the kernel's mount table")                                     \
  X(change_in_configuration, "change it in {name}'s configuration")                               \
  X(copy_coordinators_directory, "copy the coordinator's cluster.toml to /etc/snagent/cluster.toml on the node") \
  X(read_only_image, "read-only image; change it in the image")                                   \
  X(lies_on_mount, "it lies on the mount {place} of {address}")                                   \
  X(show_addresses, "ip address, on the node")                                                    \
  X(show_routes, "ip route, on the node")                                                         \
  X(show_mounts, "mount, on the node")                                                            \
  X(declare_same_data, "if both export one back end: [[shared_path]] with same_data = true in cluster.toml") \
  X(declare_this_path, "if it does: [[shared_path]] path = \"{place}\", same_data = true in cluster.toml, here and at the coordinator") \
  X(dhcp_to_hand_out, "let the DHCP server hand out {to}")                                        \
  X(boot_from, "boot it from {to}")                                                               \
  X(boot_from_check_nfsserver, "boot it from {to} (noderes.nfsserver names an external NFS server?)") \
  X(swapoff, "swapoff it while {sn} lives, put it on the external NFS server")                    \
  X(bring_back_or_stuck, "bring {sn} back, or take over again with --stuck=kill or --stuck=orphan") \
  X(restart_lock_holders, "restart the programs that hold them (lslocks)")                        \
  X(reboot_when_free, "reboot when the node is free")                                             \
  X(export_it, "export it there to this node (exportfs -v, on the server), as {value} is")        \
  X(same_data_really, "does {value} really hold the same data?")                                  \
  X(copy_or_unmount, "copy it there, or unmount {place}")                                         \
  X(make_alike, "make them alike on the server")                                                  \
  X(make_or_unmount, "make {value} on {name}, or unmount {place}")                                \
  X(is_nfsd_running, "is nfsd running there?")                                                    \
  X(stuck_orphan, "--stuck=orphan leaves it behind")                                              \
  X(mount_by_hand, "mount it by hand")                                                            \
  X(copy_over, "copy {place} over {other_place}, then run it again")                              \
  X(only_root_may_write_there, "chown root {place}; chmod go-w {place}")                           \
  X(find_other_names, "find / -xdev -samefile {place}")                                             \
  X(chattr_i, "chattr -i {place}")                                                                \
  X(chattr_a, "chattr -a {place}")                                                                \
  X(remount_writable, "mount -o remount,bind,rw {place}")                                         \
  X(make_writable, "mount the file system of {place} read-write")                                 \
  X(look_on_file_server, "look on its file server: lsattr of {place}, and the export's options (ro, root_squash)")\
  X(free_inodes, "remove some files there (df -i {place} shows them), then run it again")         \
  X(free_space_at, "free some space there (df {place} shows it), then run it again")              \
  X(free_space_and_run, "free some space there, then run it again")                               \
  X(free_space_and_copy, "free some space there, copy that file over it, and run it again")       \
  X(free_run_space, "free some space under /run")                                                 \
  X(see_log_and_start, "see its log, mend its configuration, start it")                           \
  X(see_service_log, "see the service's own log")                                                 \
  X(see_service_log_and_start, "see the service's own log, and start it by hand")                 \
  X(look_at_log_and_start, "look at its log, and start it by hand")                               \
  X(start_by_hand, "start it by hand")                                                            \
  X(restart_by_hand, "restart it by hand")                                                        \
  X(restart_service, "restart {name}")                                                            \
  X(systemctl_status, "systemctl status {name}")                                                  \
  X(ask_it_by_hand, "see what {value} says, on the node")                                          \
  X(dhcp_to_give, "let the DHCP server give out {to}")                                             \
  X(ask_name_server, "dig @{address} . ns, on the node; ss -lnup sport = :53 shows who listens there") \
  X(chronyc_sources, "chronyc sources, on the node, shows what chronyd does")                     \
  X(configure_service, "name its stop and start in /etc/snagent/agent.toml, or restart it by hand") \
  X(bring_target_back, "bring {to} back, or name another target with --to")                       \
  X(act_mode_and_again, "set mode = \"act\" in /etc/snagent/agent.toml on the node, restart snagentd, and {said}") \
  X(wait_or_end_script, "wait for it, or end it on the node (kill {value}), then run the takeover again") \
  X(see_nodes_log_and_run, "see the node's log, then run the takeover again")                     \
  X(see_nodes_log, "see the node's log for what kills it")                                        \
  X(look_at_nfs_servers, "look at the NFS servers this node hangs on")                            \
  X(look_at_mounts_below, "look at the mounts below these directories")                           \
  X(look_then_remove, "see the node's log, look at what is mounted, then remove {place}")         \
  X(mount_it_back, "mount {value} (or {other_place}) on {place} by hand, with {name}")            \
  X(unmount_first, "umount {place}")                                                              \
  X(copy_directory_there, "copy the coordinator's cluster.toml there; only root may write it")    \
  X(only_root_may_write, "chown root and chmod go-w it")                                          \
  X(start_what_is_down, "start what is down of the node's services, then remove it")              \
  X(let_finish_or_remove, "let the snagentd that wrote it finish, or look at what it says was being done, then remove it")                       \
  X(end_it_first, "end it first")                                                                 \
  X(ask_the_leader, "ask the coordinator that leads now; if there is only one, correct its clock and restart sncoordd") \
  X(remove_fence, "remove it if no takeover runs; the coordinator decides then")          \
  X(change_by_hand, "look at it, and change it by hand if this node uses it")                     \
  X(no_rule_owns, "look at it; no rule owns this file")                                           \
  X(ends_with_program, "ends with the program that holds it (ss -tp)")
// clang-format on
