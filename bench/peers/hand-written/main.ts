// Hand-written for the deep query and nothing else: how little a gateway could spend on it.
import { createServer } from 'node:http'
import { createAskers } from './ask.ts'
import { answerByParsing } from './parse.ts'
import { answerBySplicing } from './splice.ts'

/** The variables of the deep query. */
export interface DeepVariables {
  members: number
  books: number
}

const { PORT, SUBGRAPH_URLS = '{}' } = process.env
const answer = process.argv[2] === 'splice' ? answerBySplicing : answerByParsing
const askers = createAskers(JSON.parse(SUBGRAPH_URLS) as Record<string, string>)

createServer({ noDelay: true }, (request, response) => {
  const reply = async (body: string): Promise<void> => {
    const { variables } = JSON.parse(body) as { variables?: DeepVariables }
    // Whoever waits for this program to answer asks for nothing.
    const bytes = variables ? await answer(askers, variables) : Buffer.from('{"data":{}}')
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
    response.end(bytes)
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    reply(Buffer.concat(chunks).toString()).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
}).listen(Number(PORT), '127.0.0.1')
