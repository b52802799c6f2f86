#pragma once

#include "common/facts/details.h"

namespace sn {

// Every parameter has a value.
inline Details all_details() {
  return {.node = "cn001",
          .sn = "SN1P",
          .to = "SN2P",
          .place = "/etc/hosts:3",
          .other_place = "/usr",
          .address = "10.1.1.100",
          .name = "rsyslog",
          .value = "a value",
          .by = "root",
          .said = "words",
          .nodes = {"cn001", "cn002"},
          .sns = {"SN1P", "SN3P"},
          .others = {"SN4P"},
          .takeover = 17,
          .generation = 1790000000000,
          .other_generation = 3,
          .count = 2,
          .of = 8,
          .ms = 15'000,
          .pid = 812,
          .os_errno = 28,
          .planned = true};
}

}  // namespace sn
