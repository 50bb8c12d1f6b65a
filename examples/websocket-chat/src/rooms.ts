import { Inbox } from "./inbox";

export interface Message {
  kind: "joined" | "left" | "said";
  name: string;
  text?: string;
  at: number;
}

export interface Member {
  name: string;
  inbox: Inbox<Message>;
  say(text: string): void;
  leave(): void;
}

interface Room {
  members: Set<Member>;
  history: Message[];
}

const HISTORY_MESSAGES_MAX = 20;
const rooms = new Map<string, Room>();

export function memberNames(roomName: string): string[] {
  return [...(rooms.get(roomName)?.members ?? [])].map((member) => member.name);
}

export function join(roomName: string, name: string): Member {
  const room = rooms.get(roomName) ?? { members: new Set(), history: [] };
  rooms.set(roomName, room);

  const member: Member = {
    name,
    inbox: new Inbox<Message>(),
    say: (text) => publish(room, { kind: "said", name, text, at: Date.now() }),
    leave() {
      // A socket can both fail and close: who has left does not leave again.
      if (!room.members.delete(member)) return;
      member.inbox.end();
      publish(room, { kind: "left", name, at: Date.now() });
      if (room.members.size === 0) rooms.delete(roomName);
    },
  };
  for (const message of room.history) member.inbox.put(message);
  room.members.add(member);
  publish(room, { kind: "joined", name, at: Date.now() });
  return member;
}

function publish(room: Room, message: Message): void {
  if (message.kind === "said") room.history = [...room.history, message].slice(-HISTORY_MESSAGES_MAX);
  for (const member of room.members) member.inbox.put(message);
}
