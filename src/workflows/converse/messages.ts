import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  uuid4,
} from '@temporalio/workflow';
import { SAY, TALK_QUERY } from '../../contract/names.js';
import { sequenceMermaid, sequenceText } from '../../session/draw.js';
import { onlyFields } from '../guards.js';
import { guardSaying, type Saying } from './guard.js';
import type { Talk } from './state.js';
import { post } from './talk.js';

/** Registers what can be said to a conversation and asked of it, before the first await. */
export function registerTalk(talk: Talk): void {
  const read = (input: unknown): Saying => guardSaying(onlyFields(input, ['text', 'id', 'by']));
  setHandler(
    defineUpdate<unknown, [unknown]>(SAY),
    async (input) => {
      const why = await say(talk, read(input));
      if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'refused');
      return { v: 1, result: 'accepted', message: 'the agent is told with its next turn' };
    },
    { description: 'Say something to the agent: {"text": "…"}', validator: (input) => void read(input) },
  );
  setHandler(defineSignal<[unknown]>(SAY), async (input) => {
    await say(talk, read(input)).catch(() => undefined);
  });
  setHandler(defineQuery<unknown, [unknown]>(TALK_QUERY), () => viewOf(talk), {
    description: 'Who asked for the model, got it and gave it back; as text and as Mermaid',
  });
  // Made only when somebody looks.
  setCurrentDetails({ toJSON: () => `\`\`\`\n${sequenceText(talk.session)}\`\`\`` } as unknown as string);
}

/** Gives why it was refused. What comes before the task itself is known waits for it. */
async function say(talk: Talk, { text, by, id }: Saying): Promise<string | undefined> {
  const entry = `message/${id ?? uuid4()}`;
  await condition(() => talk.begun !== undefined || talk.how !== undefined);
  if (talk.how) return 'the conversation has ended';
  const { session } = talk.session;
  const isNew = !talk.contents.has(entry);
  if (isNew) talk.contents.set(entry, { text });
  const additions = [{ id: entry, kind: 'user-message' as const, ref: '' }];
  const reply = post(talk, { kind: 'ask', session, wish: 'user-message', by, additions });
  if (reply.kind !== 'refused') return undefined;
  if (isNew) talk.contents.delete(entry);
  return reply.why;
}

function viewOf({ session, turns, usage, how, input }: Talk): unknown {
  const { nearMisses, holder, waiting, transcript } = session;
  return {
    v: 1,
    task: input.node.id,
    session: session.session,
    state: how?.kind ?? 'running',
    turns,
    usage,
    nearMisses,
    holder: holder && { by: holder.by, turn: holder.turn, grant: holder.fence },
    waiting: waiting.map(({ kind, by }) => ({ kind, by })),
    entries: transcript.map(({ id, kind, turn }) => ({ id, kind, turn })),
    text: sequenceText(session),
    mermaid: sequenceMermaid(session),
  };
}
