/** The Express app around the origin's one handler: where middleware (rules, tokens) takes its place. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import express, { type NextFunction, type Request, type Response } from 'express'

export function createApp(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): (request: IncomingMessage, response: ServerResponse) => void {
  const app = express()
  app.disable('x-powered-by')
  // Validators come from the files' hashes, and nothing here reads a query.
  app.disable('etag')
  app.disable('query parser')
  app.use((request: Request, response: Response) => answer(request, response))
  // Express would print the stack to the client; whatever comes here is our fault and says so only.
  app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    if (response.headersSent) response.destroy()
    else response.writeHead(500).end()
  })
  return app
}
