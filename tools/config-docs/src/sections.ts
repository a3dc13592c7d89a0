import { migrateVariables } from '@portico/migrate/config'
import { ordersVariables } from '@portico/orders/config'
import { productsVariables } from '@portico/products/config'
import { subgraphVariables } from '@portico/service-kit/subgraph-config'
import { startVariables } from '@portico/start/config'
import { usersVariables } from '@portico/users/config'
import type { Variables } from './describe-variables.ts'
import { readGatewaySections } from './gateway-sections.ts'

/** A table. */
export interface Section {
  title: string
  /** Markdown that stands above the table. */
  text?: string
  variables: Variables
  /** Their keys in a file of settings, by variable; undefined: there is no such file. */
  keys?: Readonly<Record<string, string>>
}

/** The tables of one process, or of several of a kind. */
export interface Chapter {
  title: string
  text?: string
  sections: readonly Section[]
}

const GATEWAY_TEXT = `Each variable has a key in the YAML file that \`--config\` or \`CONFIG_FILE\` names, such as \`http.port\`; a dot leads into
a section. \`gateway/portico-gateway.example.yaml\` is one to start from, with a JSON Schema for editors beside it. An option
of \`portico-gateway\` (\`--help\` lists them) counts before a variable, a variable before the file. In the file, lists and
maps stand for texts with commas, \`\${NAME}\` and \`\${NAME:-default}\` for variables of the environment, \`$\${\` for a plain
\`\${\`, and relative paths start at the folder of the file.`

/** What is documented, in the order of the document. */
export async function readChapters(root: string): Promise<Chapter[]> {
  const shared = subgraphVariables.shape
  return [
    { title: 'Gateway', text: GATEWAY_TEXT, sections: await readGatewaySections(root) },
    {
      title: 'Subgraphs',
      sections: [
        { title: 'Every subgraph', variables: shared },
        {
          title: 'users',
          text: 'In its image, `node dist/grant.js` reads `DATABASE_URL`, and `node dist/rotate-keys.js` `SIGNING_KEYS_FOLDER` and `ACCESS_TOKEN_LIFETIME_S`.',
          variables: without(usersVariables.shape, shared),
        },
        {
          title: 'products and orders',
          variables: { ...without(productsVariables.shape, shared), ...without(ordersVariables.shape, shared) },
        },
      ],
    },
    {
      title: 'npm start and the commands of a checkout',
      text: 'The commands `db:…`, `users:…` and `reset` read those that they need. `npm start` hands its environment on to the four processes, and sets itself where they listen and find each other, their databases and keys, `NODE_ENV=development` and `DRAIN_DELAY_MS=0`.',
      sections: [{ title: 'npm start', variables: startVariables.shape }],
    },
    { title: 'Image of the migrations', sections: [{ title: 'migrate', variables: migrateVariables.shape }] },
  ]
}

function without(variables: Variables, others: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !Object.hasOwn(others, name)))
}
