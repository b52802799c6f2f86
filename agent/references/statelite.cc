#include "agent/references/statelite.h"

#include "agent/references/nfs_mount.h"

namespace sn::agent {

namespace {

// The list as this boot was given it.
bool is_boot_list(std::string_view path) { return path == "/.statelite/litetree"; }

Word trimmed(const Word& field) {
  const auto words = words_of(field.text, field.offset, kSpaces);
  if (words.empty()) return {field.offset, {}};
  const size_t begin = words.front().offset;
  return {begin, field.text.substr(begin - field.offset, words.back().stop() - begin)};
}

struct Row {
  Line line;
  std::string_view node;
  Word server;
  std::string_view directory;
  bool read_only = false;
  bool follows = false;
};

std::vector<Row> rows_of(std::string_view text, const Directory& directory) {
  std::vector<Row> rows;
  for (const auto& line : lines_of(text)) {
    if (line.text.starts_with('#')) continue;
    std::vector<Word> fields;
    for (size_t begin = 0; begin <= line.text.size();) {
      const size_t end = std::min(line.text.find('|', begin), line.text.size());
      fields.push_back(trimmed({line.offset + begin, line.text.substr(begin, end - begin)}));
      begin = end + 1;
    }
    if (fields.size() < 3) continue;
    Row row{line, fields[0].text, fields[1], fields[2].text};
    if (fields.size() > 3) row.read_only = nfs_options(fields[3]).read_only.value_or(false);
    row.follows = may_follow(directory.shared_paths, row.directory, row.read_only);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

WhyItStays Statelite::why_it_stays(const Reference& /*reference*/) const { return other_data(); }

Result<std::vector<Reference>> Statelite::discover(const std::string& path, std::string_view text,
                                                   const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  std::vector<Mention> mentions;
  if (is_boot_list(path)) {
    for (const auto& line : lines_of(text)) {
      const auto words = words_of(line);
      if (words.empty() || words.front().text.starts_with('#')) continue;
      const auto source = nfs_source(words.front());
      if (!source) continue;
      for (const auto& host : source->hosts) {
        mentions.push_back({host.host.offset, host.host.text, line.number, "image source",
                            ReferenceRole::boot_time_only});
      }
    }
    return references_of(name(), path, mentions, identity);
  }
  for (const auto& row : rows_of(text, identity.directory())) {
    mentions.push_back({row.server.offset, row.server.text, row.line.number,
                        mount_label(row.read_only),
                        row.follows ? ReferenceRole::move : ReferenceRole::keep});
  }
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> Statelite::plan(const std::string& path, std::string_view text,
                                 const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  if (is_boot_list(path)) return FilePlan{};
  auto rows = rows_of(text, identity.directory());
  std::erase_if(rows, [](const Row& row) { return !row.follows; });
  std::vector<ListEntry> entries;
  for (const auto& row : rows) {
    entries.push_back({std::string(row.node) + "|" + std::string(row.directory), row.server.text,
                       row.line.number});
  }
  // The order of litetree's lines is that of the search.
  const auto changes = change_entries(entries, Survivor::first, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());
  EditList edits(text);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& change = (*changes)[i];
    if (change.what == EntryChange::What::replaced) {
      edits.replace(rows[i].server.offset, rows[i].server.text.size(), change.host);
    } else if (change.what == EntryChange::What::dropped) {
      edits.erase(rows[i].line.offset, rows[i].line.next());
    }
  }
  return FilePlan{edits.take(), {}, {}};
}

}  // namespace sn::agent
