import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { LIMITS } from '../contract/limits.js';
import type { SearchAttributeName } from '../contract/names.js';
import type { RequestStatus } from '../contract/phase.js';
import type { Engine } from '../engine/model.js';
import { detailsMarkdown } from '../progress/details.js';
import { requestStatus } from '../progress/view.js';

/** What a person sees of the request in Temporal Web: current details and search attributes. */
export interface Face {
  /** Names the search attributes that the namespace has; writing another would stop the workflow. */
  allow(attributes: readonly SearchAttributeName[]): void;
  tag(attributes: Partial<Record<SearchAttributeName, string>>): void;
  show(engine: Engine): void;
}

export function createFace(description: string): Face {
  let allowed: readonly SearchAttributeName[] = [];
  let shownAt = 0;
  let shown: { status: RequestStatus; decisions: number } = { status: 'running', decisions: 0 };
  const tag: Face['tag'] = (attributes) => {
    const entries = Object.entries(attributes).filter(([name]) => allowed.includes(name as SearchAttributeName));
    if (entries.length > 0) upsertSearchAttributes(Object.fromEntries(entries.map(([name, value]) => [name, [value]])));
  };
  return {
    allow: (attributes) => void (allowed = attributes),
    tag,
    show(engine) {
      const now = Date.now();
      const status = requestStatus(engine);
      const decisions = engine.state.decisions.filter((decision) => decision.state === 'open').length;
      const isNews = status !== shown.status || decisions !== shown.decisions;
      if (!isNews && now - shownAt < LIMITS.detailsIntervalMs) return;
      if (status !== shown.status) tag({ BatonState: status });
      shown = { status, decisions };
      shownAt = now;
      setCurrentDetails(detailsMarkdown(engine, { now, description }));
    },
  };
}
