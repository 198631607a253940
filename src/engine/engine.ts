import type { Command, EngineEvent, Reply, Step } from './events.js';
import { HANDLERS } from './handlers.js';
import type { Engine } from './model.js';
import { dispatch } from './schedule.js';

/** The one way in: an event happens, the engine says what it wants and what a message is told. */
export function step(engine: Engine, event: EngineEvent): Step {
  const commands: Command[] = [];
  const handle = HANDLERS[event.kind] as (engine: Engine, event: EngineEvent, commands: Command[]) => Reply;
  const reply = handle(engine, event, commands);
  dispatch(engine, event.at, commands);
  return { commands, reply };
}
