// The few ways in which snctl lays out words: at most kColumns wide, local time with its zone,
// nothing from a node that a terminal would obey.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/reference.h"

namespace sn::coordinator {

inline constexpr size_t kColumns = 100;
// In a column of a table longer names of service nodes are cut: the other columns have to fit.
inline constexpr size_t kMaxName = 20;

// "03:14:07 CET"
[[nodiscard]] std::string clock_text(int64_t unix_ms);
// "03:14" on the same day as `now`, else "12 Nov 03:14"; "never" for 0.
[[nodiscard]] std::string moment_text(int64_t unix_ms, int64_t now_unix_ms);
// "2026-11-12 03:14:07 CET"
[[nodiscard]] std::string date_text(int64_t unix_ms);
// "0.31 s", "12 s", "7 min", "5 h", "41 d"
[[nodiscard]] std::string duration_text(int64_t ms);

// Characters, as a terminal counts them (UTF-8).
[[nodiscard]] size_t width_of(std::string_view text);
[[nodiscard]] std::string left(std::string_view text, size_t width);   // padded on the right
[[nodiscard]] std::string right(std::string_view text, size_t width);  // padded on the left
// Cut to `width` and marked by "...".
[[nodiscard]] std::string cut(std::string_view text, size_t width);
[[nodiscard]] std::string upper(std::string_view text);
// "/etc/chrony.conf:12 unknown directive 'srever'"
[[nodiscard]] std::string finding_text(const Finding& finding);

// Its words are not parted by wrap(): a command to copy.
[[nodiscard]] std::string unbroken(std::string_view text);
// `first` is put before the first line, `hanging` spaces before the others. Words are kept whole;
// one longer than a line is broken behind a comma. Ends with a line end.
[[nodiscard]] std::string wrap(std::string_view first, std::string_view text, size_t hanging);

// Rows of cells in columns as wide as their widest cell; cells of a column in `right_aligned` are
// numbers.
[[nodiscard]] std::string table(const std::vector<std::vector<std::string>>& rows,
                                const std::vector<bool>& right_aligned);

// Everything a terminal would obey becomes '?', but for line ends.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace sn::coordinator
