/** A control API that starts, for its own process and for the programs that compose the parts. */
export { checkHome } from './doctor.ts'
export { type EngineSettings, engineSettings } from './engine-settings.ts'
export { type OpenHome, openHome } from './home.ts'
export { restoreMetadataOf } from './restore-metadata.ts'
export { credentialsPath, loadSecrets, readOwnerToken } from './secrets.ts'
export { type RunningControlApi, startControlApi } from './start.ts'
