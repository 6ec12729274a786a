// The one WASM module. Each kernel family is a file; this one lists what leaves the module.
// No kernel keeps state in the module's own memory: every thread runs its own instance over one
// shared memory, so all state lives where the caller says.

/** Module layout version, checked by the loader. */
export function version(): i32 {
  return 1
}
