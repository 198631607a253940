import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { LIMITS } from '../contract/limits.js';
import type { SearchAttributeName } from '../contract/names.js';
import type { RequestStatus } from '../contract/phase.js';
import type { Engine } from '../engine/model.js';
import { detailsMarkdown } from '../progress/details.js';
import { utf8Bytes } from '../progress/inert.js';
import { requestStatus } from '../progress/view.js';

/** What a person sees of the request in Temporal Web: current details and search attributes. */
export interface Face {
  /** Names the search attributes that the namespace has; writing another would stop the workflow. */
  allow(attributes: readonly SearchAttributeName[]): void;
  tag(attributes: Partial<Record<SearchAttributeName, string>>): void;
  /** Tells of a change of the request's status. */
  show(): void;
}

export function createFace(description: string, engine: () => Engine): Face {
  let allowed: readonly SearchAttributeName[] = [];
  let shown: RequestStatus = 'running';
  const tag: Face['tag'] = (attributes) => {
    const entries = Object.entries(attributes).filter(([name]) => allowed.includes(name as SearchAttributeName));
    if (entries.length > 0)
      upsertSearchAttributes(Object.fromEntries(entries.map(([name, value]) => [name, [clipped(value)]])));
  };
  // Written as JSON only when somebody looks, and made then: never out of date, and free where nobody does.
  const details = { toJSON: () => detailsMarkdown(engine(), { now: Date.now(), description }) };
  setCurrentDetails(details as unknown as string);
  return {
    allow: (attributes) => void (allowed = attributes),
    tag,
    show() {
      const status = requestStatus(engine());
      if (status !== shown) tag({ BatonState: status });
      shown = status;
    },
  };
}

/** The end of a long value, which tells more of a path than its beginning; PostgreSQL takes 255 bytes, and a longer one would end the request. */
function clipped(value: string): string {
  let text = value.slice(-LIMITS.searchAttributeBytes);
  while (utf8Bytes(text) > LIMITS.searchAttributeBytes) text = text.slice(1);
  return text;
}
