import { LIMITS } from '../../../contract/limits.js';
import { fields, textIn, type Tool } from './tool.js';

export const bash: Tool = {
  name: 'Bash',
  description: 'Runs a command of the shell in the working folder, and gives what it printed and how it ended.',
  schema: fields({
    command: ['string', 'The command'],
    'timeout_ms?': ['integer', 'The most time that it may take, in milliseconds'],
  }),
  async run(input, place) {
    const asked = Number(input['timeout_ms'] ?? LIMITS.toolCommandMs);
    const limit = Math.min(Math.max(1, asked), LIMITS.toolCommandMs);
    const { text } = await place.run(['sh', '-c', textIn(input, 'command')], limit);
    return text;
  },
};
