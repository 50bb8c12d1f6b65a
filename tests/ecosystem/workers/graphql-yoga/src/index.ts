import { createGraphQLError, createSchema, createYoga, Repeater } from "graphql-yoga";

const books = [
  { id: "1", title: "Small Gods", author: "Terry Pratchett" },
  { id: "2", title: "Piranesi", author: "Susanna Clarke" },
];

const schema = createSchema<{ TENANT: string }>({
  typeDefs: /* GraphQL */ `
    scalar File
    enum Order { TITLE AUTHOR }
    type Book { id: ID!, title: String!, author: String!, shout(times: Int = 1): String! }
    type Query { books(order: Order): [Book!]!, book(id: ID!): Book, tenant: String!, secret: String }
    type Mutation { add(title: String!, author: String!): Book!, upload(file: File!): String! }
    type Subscription { countdown(from: Int!): Int! }
  `,
  resolvers: {
    Book: { shout: ({ title }, { times }) => title.toUpperCase() + "!".repeat(times) },
    Query: {
      books: (_, { order }) => (order ? books.toSorted((a, b) => (a[order.toLowerCase()] < b[order.toLowerCase()] ? -1 : 1)) : books),
      book: async (_, { id }) => books.find((book) => book.id === id) ?? null,
      tenant: (_, __, context) => context.TENANT,
      secret: () => {
        throw createGraphQLError("not for you", { extensions: { code: "FORBIDDEN" } });
      },
    },
    Mutation: {
      add: (_, book) => books[books.push({ id: String(books.length + 1), ...book }) - 1],
      upload: async (_, { file }: { file: File }) => `${file.name}: ${await file.text()}`,
    },
    Subscription: {
      countdown: {
        subscribe: (_, { from }) =>
          new Repeater<number>(async (push, stop) => {
            for (let count = from; count >= 0; count -= 1) await push(count);
            stop();
          }),
        resolve: (count: number) => count,
      },
    },
  },
});

const yoga = createYoga<{ TENANT: string }>({ schema, graphqlEndpoint: "/graphql", logging: "warn" });

export default { fetch: yoga.fetch };
