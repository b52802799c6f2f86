// What plans and outcomes say of single references, and of nodes beside the set.
#pragma once

#include "coordinator/control/json/value.h"

namespace sn::coordinator {

template <class V>
void fields(V& v, Finding& m) {
  v("class", m.what);
  v("place", m.place);
  v("reason", m.reason);
  v("cure", m.cure);
}

template <class V>
void fields(V& v, PlannedChange& m) {
  v("kind", m.kind);
  v("path", m.path);
  v("line", m.line);
  v("before", m.before);
  v("after", m.after);
}

template <class V>
void fields(V& v, ServiceSighting& m) {
  v("service", m.service);
  v("answer", m.answer);
}

template <class V>
void fields(V& v, Stray& m) {
  v("node", m.node);
  v("belongs_to", m.belongs_to);
  v("references", m.references);
}

}  // namespace sn::coordinator
