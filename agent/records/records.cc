#include "agent/records/records.h"

#include "agent/records/fields.h"
#include "common/wire/pack_fields.h"

namespace sn::wire {

template Result<std::string> pack_whole(const agent::JournalEntry&, const Limits&);
template Result<agent::JournalEntry> unpack(std::string_view, const Limits&);
template Result<std::string> pack_whole(const agent::UndoRecord&, const Limits&);
template Result<agent::UndoRecord> unpack(std::string_view, const Limits&);
template Result<std::string> pack_whole(const agent::KeptQuarantine&, const Limits&);
template Result<agent::KeptQuarantine> unpack(std::string_view, const Limits&);
template Result<std::string> pack_whole(const agent::KeptGeneration&, const Limits&);
template Result<agent::KeptGeneration> unpack(std::string_view, const Limits&);
template Result<std::string> pack_whole(const agent::KeptOwedStarts&, const Limits&);
template Result<agent::KeptOwedStarts> unpack(std::string_view, const Limits&);

}  // namespace sn::wire
