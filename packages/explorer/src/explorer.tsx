import { createGraphiQLFetcher } from '@graphiql/toolkit'
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql'
import { useState } from 'react'
import { createPortal } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { createAccessStore } from './access.ts'
import { createDocumentsPlugin, loadDocuments, WELCOME } from './documents.tsx'
import { isNarrow, preferNarrowPanel } from './layout.ts'
import { SignIn } from './sign-in.tsx'
import { provideWorkers } from './workers.ts'

const root = document.querySelector<HTMLElement>('#explorer')
if (!root) throw new Error('The page has no element for the explorer.')
const { graphqlPath = '/graphql', documentsPath = '' } = root.dataset

provideWorkers()
preferNarrowPanel()
const access = createAccessStore(graphqlPath)
const fetcher = createGraphiQLFetcher({ url: graphqlPath, fetch: access.fetch })
const documents = await loadDocuments(documentsPath)
const documentsPlugin = documents?.length === 0 ? undefined : createDocumentsPlugin(documents)
const plugins = documentsPlugin ? [documentsPlugin, HISTORY_PLUGIN] : [HISTORY_PLUGIN]

function Explorer() {
  const [accessSlot, setAccessSlot] = useState<HTMLElement | null>(null)
  return (
    <>
      {/* A container of GraphiQL by name, so that its colours and its light and dark themes hold here too. */}
      <header className="graphiql-container explorer-header">
        <h1>Portico</h1>
        <div ref={setAccessSlot} />
      </header>
      <main>
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          {...(documentsPlugin && !isNarrow() ? { visiblePlugin: documentsPlugin } : {})}
          defaultQuery={WELCOME}
          defaultEditorToolsVisibility="variables"
          showPersistHeadersSettings={false}
        >
          {accessSlot && createPortal(<SignIn store={access} />, accessSlot)}
        </GraphiQL>
      </main>
    </>
  )
}

createRoot(root).render(<Explorer />)
