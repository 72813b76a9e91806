/** A bundle as the runtime loads it: one module, or the files of a zip archive. */
import { init, parse } from 'es-module-lexer'
import { BundleError } from './bundle-error.ts'
import { isModuleName } from './module-name.ts'
import { unzip } from './zip.ts'

/** The kinds of modules that the runtime's loader takes; `data` and `wasm` in base64. */
export interface Module {
  kind: 'js' | 'cjs' | 'json' | 'text' | 'data' | 'wasm'
  content: string
}

export interface Bundle {
  modules: Record<string, Module>
  /** The module of the entrypoint. */
  main: string
  /** What of it is called. */
  exportName: string
}

const ZIP_MAGIC = Buffer.from('PK\x03\x04', 'latin1')

/** Throws a `BundleError` where it cannot be read, or has no module of the entrypoint. */
export async function parseBundle(bytes: Buffer, entrypoint: string): Promise<Bundle> {
  await init
  const dot = entrypoint.lastIndexOf('.')
  const [moduleName, exportName] =
    dot === -1 ? [entrypoint, 'default'] : [entrypoint.slice(0, dot), entrypoint.slice(dot + 1)]
  const base = moduleName.replace(/^\.\//, '')
  if (!isModuleName(base))
    throw new BundleError(`the entrypoint ${entrypoint} has a module name that is not accepted`)
  const isZip = bytes.subarray(0, ZIP_MAGIC.length).equals(ZIP_MAGIC)
  const files = isZip ? await unzip(bytes) : { [`${base || 'index'}.js`]: bytes }
  const modules = Object.fromEntries(
    Object.entries(files).map(([name, file]) => [name, toModule(name, file)]),
  )
  const main = findMain(Object.keys(modules), base)
  if (main === null) {
    const names = Object.keys(modules).slice(0, 10).join(', ')
    throw new BundleError(
      `the bundle has no module ${base} for the entrypoint ${entrypoint}: it has ${names}`,
    )
  }
  return { modules: withRequireNames(modules), main, exportName }
}

const TEXT_ENDINGS = /\.(?:txt|sql|html?|css|md|csv|svg|xml|ya?ml|toml|graphql|hbs)$/i

function toModule(name: string, bytes: Buffer): Module {
  if (/\.mjs$/i.test(name)) return { kind: 'js', content: toText(name, bytes) }
  if (/\.cjs$/i.test(name)) return { kind: 'cjs', content: toText(name, bytes) }
  if (/\.js$/i.test(name)) return scriptOf(name, toText(name, bytes))
  if (/\.json$/i.test(name)) return jsonOf(name, toText(name, bytes))
  if (/\.wasm$/i.test(name)) return { kind: 'wasm', content: bytes.toString('base64') }
  if (TEXT_ENDINGS.test(name)) return { kind: 'text', content: toText(name, bytes) }
  return { kind: 'data', content: bytes.toString('base64') }
}

function jsonOf(name: string, content: string): Module {
  try {
    JSON.parse(content)
  } catch {
    throw new BundleError(`${name} is not JSON`)
  }
  return { kind: 'json', content }
}

/** A module of ECMAScript where it imports or exports, else one of CommonJS. */
function scriptOf(name: string, content: string): Module {
  try {
    const [imports, exports, , hasModuleSyntax] = parse(content, name)
    // A dynamic import is allowed in both.
    const isModule = hasModuleSyntax || exports.length > 0 || imports.some(({ d }) => d === -1)
    return { kind: isModule ? 'js' : 'cjs', content }
  } catch {
    // The runtime says what is wrong with it.
    return { kind: /^\s*(?:import|export)\b/m.test(content) ? 'js' : 'cjs', content }
  }
}

function toText(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new BundleError(`${name} is not UTF-8`)
  }
}

/** Where the entrypoint names no module, it is that of the only script. */
function findMain(names: readonly string[], base: string): string | null {
  const scripts = names.filter((name) => /\.[cm]?js$/i.test(name))
  if (base === '') return scripts.length === 1 ? (scripts[0] ?? null) : null
  const wanted = [base, `${base}.js`, `${base}.mjs`, `${base}.cjs`]
  return wanted.find((name) => names.includes(name)) ?? null
}

/** `require('./x')` finds a module of exactly that name, so that a script is there by its name without the ending, too. */
function withRequireNames(modules: Record<string, Module>): Record<string, Module> {
  const short = Object.entries(modules).flatMap(([name, module]) => {
    const base = name.replace(/\.c?js$/i, '')
    return module.kind === 'cjs' && base !== name && !Object.hasOwn(modules, base)
      ? [[base, module] as const]
      : []
  })
  return { ...Object.fromEntries(short), ...modules }
}
