/** The configuration table of the functions part. */
import {
  ADDRESS,
  FOLDER,
  INTERNAL_SECRET,
  oneOf,
  origin,
  PORT,
  required,
  type ValuesOf,
  withDefault,
} from '@db9/process/variables'

export const FUNCTIONS_VARIABLES = {
  home: required('DB9_HOME', FOLDER, { meaning: 'folder of its logs; not that of another part' }),
  internalHost: withDefault('DB9_INTERNAL_HOST', ADDRESS, {
    value: '127.0.0.1',
    meaning: 'address to listen on for the control API and the gateway; it speaks plain HTTP',
  }),
  functionsPort: withDefault('DB9_FUNCTIONS_PORT', PORT, {
    value: 9012,
    meaning: 'port to listen on for them',
  }),
  controlUrl: required('DB9_CONTROL_URL', origin('the URL of the control API, http://127.0.0.1:9010'), {
    meaning: 'where the control API’s `DB9_CONTROL_PORT` is reached: it has the code of functions',
  }),
  dataProxyUrl: required('DB9_DATA_PROXY_URL', origin('the URL of the data proxy, http://127.0.0.1:9011'), {
    meaning: 'where the data proxy’s `DB9_SQL_PORT` is reached: SQL of functions goes there',
  }),
  internalSecret: INTERNAL_SECRET,
  isolation: withDefault(
    'DB9_ISOLATION',
    oneOf(['auto', 'on', 'off'], '"on" (refuse to start without), "off" (never), or leave it out'),
    {
      value: 'auto',
      shown: 'where it is possible',
      meaning: '`on`: no start without a sandbox around the code of each database; `off`: none',
    },
  ),
}

export type FunctionsValues = ValuesOf<typeof FUNCTIONS_VARIABLES>
