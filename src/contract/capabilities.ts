/** Languages that agents and requests name, each with how it is recognised in a text; common words count only in a telling place. */
const LANGUAGES: Readonly<Record<string, RegExp>> = {
  typescript: /\btypescript\b|\btsx?\b/,
  javascript: /\bjavascript\b|\bnode\.?js\b|\bjs\b/,
  python: /\bpython\b|\bdjango\b|\bfastapi\b/,
  go: /\bgolang\b|\bgo[- ](?:code|developer|engineer|expert|modules?|package|pro|programs?|service)\b/,
  rust: /\brust\b/,
  java: /\bjava\b|\bspring boot\b/,
  kotlin: /\bkotlin\b/,
  c: /\bc (?:code|programs?|library)\b|\bc-pro\b/,
  'c++': /\bc\+\+|\bcpp\b/,
  'c#': /\bc#|\bcsharp\b|\bdotnet\b|\.net\b/,
  ruby: /\bruby\b|\brails\b/,
  php: /\bphp\b|\blaravel\b/,
  swift: /\bswift(?:ui)?\b/,
  scala: /\bscala\b/,
  sql: /\bsql\b|\bpostgres\w*|\bmysql\b|\bsqlite\b/,
  shell: /\bbash\b|\bshell scripts?\b/,
  html: /\bhtml\b/,
  css: /\bs?css\b/,
};

/** Activities of software engineering, likewise. */
const ACTIVITIES: Readonly<Record<string, RegExp>> = {
  implementation: /\bimplement\w*|\bcod(?:er|ing)\b|\bdevelop(?:er|ers|ment|s)?\b|\bfeatures?\b|\bprogramm(?:er|ing)\b/,
  testing: /\btest(?:s|er|ers|ing)?\b|\bcoverage\b|\bqa\b/,
  refactoring: /\brefactor\w*|\bclean[- ]?up\b|\brestructur\w*|\bsimplif\w*/,
  review: /\breview\w*|\bcritiqu\w*/,
  documentation: /\bdocumentation\b|\bdocument(?:s|er|ing)\b|\bdocs?\b|\breadme\b|\bdocstrings?\b|\btechnical writ\w*/,
  security: /\bsecurity\b|\bvulnerabilit\w*|\bsecure\b|\bthreats?\b|\bpentest\w*/,
  debugging: /\bdebug\w*|\bbugs?\b|\broot causes?\b|\btroubleshoot\w*|\bstack traces?\b/,
  architecture: /\barchitect\w*|\bsystem design\b/,
  performance: /\bperformance\b|\boptimi[sz]\w*|\bprofil(?:e|er|ing)\b|\blatency\b/,
  analysis: /\banaly[sz]\w*|\bresearch\w*|\binvestigat\w*/,
  planning: /\bplan(?:s|ner|ning)?\b|\broadmaps?\b/,
  deployment: /\bdeploy\w*|\breleas(?:e|es|ing)\b|\bci\/cd\b|\bpipelines?\b/,
  devops: /\bdevops\b|\binfrastructure\b|\bdocker\b|\bkubernetes\b|\bterraform\b/,
  dependencies: /\bdependenc(?:y|ies)\b|\bupgrad(?:e|es|ing)\b/,
  migration: /\bmigrat\w*/,
  database: /\bdatabases?\b|\bschemas?\b|\bqueries\b/,
  api: /\bapis?\b|\brest\b|\bgraphql\b/,
  frontend: /\bfront[- ]?end\b|\breact\b|\bvue\b|\bangular\b|\bui\b/,
  backend: /\bback[- ]?end\b|\bservers?\b/,
  accessibility: /\baccessibility\b|\ba11y\b/,
};

/** How much of a text is looked at; what comes after hardly says what it is about. */
const TEXT_CHARS = 4096;

const found = (words: Readonly<Record<string, RegExp>>, text: string): string[] => {
  const lower = text
    .slice(0, TEXT_CHARS)
    .toLowerCase()
    .replace(/[_\s]+/g, ' ');
  return Object.keys(words).filter((capability) => words[capability]?.test(lower));
};

/** Languages that a text names, in the vocabulary's order. */
export const languagesIn = (text: string): string[] => found(LANGUAGES, text);

/** Activities that a text names, in the vocabulary's order. */
export const activitiesIn = (text: string): string[] => found(ACTIVITIES, text);

/** One spelling of a capability: lower case, single spaces. */
export const capabilityOf = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ');
