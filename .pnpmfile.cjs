// What is changed of packages before they are installed.

// Its standalone.js, which is all that is used of it, holds what it depends on: 200 packages less to install.
const BUNDLED = new Set(['@scalar/api-reference'])

module.exports = {
  hooks: {
    readPackage: (manifest) => (BUNDLED.has(manifest.name) ? { ...manifest, dependencies: {} } : manifest),
  },
}
