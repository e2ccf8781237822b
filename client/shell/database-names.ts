/** The site's databases on the visitor's device, by name: the service worker deletes what the page's stores made. */

/** idb-keyval holds one store a database (its issue 101), so each of these has an owner of its own. */
export const chunkDatabase = 'nearcast'
export const trustDatabase = 'nearcast-trust'

export const databaseNames = [chunkDatabase, trustDatabase]
