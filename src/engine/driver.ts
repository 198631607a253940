import { step } from './engine.js';
import type { Engine } from './model.js';
import type { Command, CommandKind, EngineEvent, Reply } from './events.js';

/** Carries out what the engine wants. A port returns at once; what comes of it is posted as an event later. */
export type Ports = { [K in CommandKind]: (command: Command & { kind: K }) => void };

export interface Driver {
  engine: Engine;
  /** An event happens: the engine steps, its commands are carried out, and the reply is there at once. */
  post(event: EngineEvent): Reply;
}

/** Joins an engine to its ports. It knows nothing of Temporal, so one engine serves the real run, the preview and the simulation. */
export function drive(engine: Engine, ports: Ports): Driver {
  const driver: Driver = {
    engine,
    post(event) {
      const { commands, reply } = step(driver.engine, event);
      for (const command of commands) (ports[command.kind] as (command: Command) => void)(command);
      return reply;
    },
  };
  return driver;
}
