/** The `Prefer` header (RFC 7240). Of a preference that is given twice the first counts. */

const CHOICES = {
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  return: ['representation', 'minimal', 'headers-only'],
  count: ['exact', 'planned', 'estimated'],
  tx: ['commit', 'rollback'],
  missing: ['default', 'null'],
  handling: ['strict', 'lenient'],
} as const

type Choices = { -readonly [Name in keyof typeof CHOICES]: (typeof CHOICES)[Name][number] | null }

export interface Preferences extends Choices {
  timezone: string | null
  maxAffected: number | null
  /** What was not understood; an error under `handling=strict`. */
  invalid: string[]
}

const MAX_AFFECTED = /^\d{1,15}$/

export function parsePrefer(header: string | null): Preferences {
  const preferences: Preferences = {
    resolution: null,
    return: null,
    count: null,
    tx: null,
    missing: null,
    handling: null,
    timezone: null,
    maxAffected: null,
    invalid: [],
  }
  if (header === null) return preferences
  for (const part of header.split(',')) {
    const preference = part.trim()
    if (preference !== '' && !setPreference(preferences, preference)) preferences.invalid.push(preference)
  }
  return preferences
}

function setPreference(preferences: Preferences, preference: string): boolean {
  const equals = preference.indexOf('=')
  const name = preference.slice(0, equals)
  const value = preference.slice(equals + 1)
  switch (name) {
    case 'resolution':
    case 'return':
    case 'count':
    case 'tx':
    case 'missing':
    case 'handling':
      return setChoice(preferences, name, value)
    case 'timezone':
      preferences.timezone ??= value
      return true
    case 'max-affected':
      if (MAX_AFFECTED.test(value)) preferences.maxAffected ??= Number(value)
      return true
    default:
      return false
  }
}

function setChoice<Name extends keyof Choices>(preferences: Choices, name: Name, value: string): boolean {
  const choices: readonly string[] = CHOICES[name]
  if (!choices.includes(value)) return false
  preferences[name] ??= value as Choices[Name]
  return true
}

/** The order in which `Preference-Applied` lists what was applied. */
const APPLIED_ORDER = ['resolution', 'missing', 'return', 'count', 'tx', 'handling'] as const

/** The value of `Preference-Applied`, or null where nothing was. */
export function toPreferenceApplied(applied: Partial<Preferences>): string | null {
  const parts: string[] = []
  for (const name of APPLIED_ORDER) {
    if (applied[name]) parts.push(`${name}=${applied[name]}`)
  }
  if (applied.timezone) parts.push(`timezone=${applied.timezone}`)
  if (applied.handling === 'strict' && typeof applied.maxAffected === 'number') {
    parts.push(`max-affected=${applied.maxAffected}`)
  }
  return parts.length === 0 ? null : parts.join(', ')
}
