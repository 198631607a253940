import { duration, matched, table } from './markdown.mjs';

/** Where each field's default stands in the settings in force. */
const DEFAULTS = {
  allowShell: ({ allowShell }) => `\`${allowShell}\``,
  environment: ({ environment }) => `\`[${environment.join(', ')}]\``,
  secrets: () => 'none',
  policies: () => 'none',
  modes: ({ modes }) =>
    Object.keys(modes)
      .map((name) => `\`${name}\``)
      .join(', '),
  maxParallel: ({ maxParallel }) => `\`${maxParallel}\``,
  maxProcesses: ({ maxProcesses }) => `\`${maxProcesses}\``,
  resources: () => 'none',
  taskTimeLimit: ({ taskTimeLimitMs }) => duration(taskTimeLimitMs),
  killGrace: ({ killGraceMs }) => duration(killGraceMs),
  permissionWait: ({ permissionWaitMs }) => duration(permissionWaitMs),
  decisionDeadline: ({ decisionDeadlineMs }) => duration(decisionDeadlineMs),
  decisionReminder: ({ decisionReminderMs }) => duration(decisionReminderMs),
  decisionEscalation: ({ decisionEscalationMs }) => duration(decisionEscalationMs),
  escalateTo: ({ escalateTo }) => `\`[${escalateTo.join(', ')}]\``,
  decisionExpiry: ({ decisionExpiryMs }) => duration(decisionExpiryMs),
  sandbox: ({ sandbox }) => `\`${sandbox}\``,
  sandboxWritable: () => 'none',
  idleStop: ({ idleStopMs }) => duration(idleStopMs),
  runtimes: () => 'none',
  endpoints: () => 'none',
  mcpWorkspaces: () => 'none',
  mcp: () => 'none',
  models: () => '`anthropic`, `openai`',
  logLevel: ({ logLevel }) => `\`${logLevel}\``,
};

export function configurationTable({ configSchema, configDefaults, narrowing }) {
  const rows = matched('configuration', Object.keys(configSchema.properties), DEFAULTS).map(([name, defaultOf]) => {
    const schema = configSchema.properties[name];
    const inWorkspace = narrowing.includes(name) ? 'may narrow' : 'an error';
    return [`\`${name}\``, typeOf(name, schema), defaultOf(configDefaults), inWorkspace, schema.description];
  });
  return table(['Field', 'Type', 'Default', 'In a workspace', 'Meaning'], rows);
}

/** Where the fields of what a name stands for are told. */
const FIELDS = {
  runtimes: 'agent-runtimes.md#add-your-own-command-line',
  models: 'agent-runtimes.md#model',
  modes: '../guides/permissions.md#modes',
  endpoints: 'agent-runtimes.md#a-service-by-http',
  mcp: '../guides/skills.md#a-tool-of-an-mcp-server',
  secrets: '../guides/permissions.md#secrets',
};

function typeOf(name, schema) {
  if (name in FIELDS) return `[fields](${FIELDS[name]}), by name`;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.items?.type === 'object') return `list of mappings, at most ${schema.maxItems}`;
  if (schema.type === 'array') return `list of names, at most ${schema.maxItems}`;
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'object') return 'mapping';
  return schema.pattern ? 'duration' : schema.type;
}
