// The coordinator's log on stderr: one line an entry, a stable id first. Lines are collected and
// written once a batch, so that a takeover of thousands of nodes is not held up by them.
#pragma once

#include <string_view>

#include "coordinator/core/commands.h"

namespace sn::coordinator::log {

void open();
// "SN0320 T17 cn042 on SN2P, 9 changes"; "-" for what does not apply.
void event(const Event& event);
// Our own: an id of the SN09xx range.
void info(std::string_view id, std::string_view text);
void warning(std::string_view id, std::string_view text);
void error(std::string_view id, std::string_view text);
void flush();

}  // namespace sn::coordinator::log
