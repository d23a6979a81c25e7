// What a TypeScript program may write against the package, and what its compiler refuses. Compiled,
// never run.

import { StentorClient, StentorError, Room } from "stentor-client";
import type { Ack, LogEvent, Message, Missing, RoomSummary } from "stentor-client";
import { WebSocket } from "ws";

const client = new StentorClient({ url: "ws://localhost:8080/ws", webSocketImpl: WebSocket });
client.connect({ name: "ann" });
client.on("state", (state) => {
    if (state.name === "waiting") console.log(state.retryAt.toFixed());
});

const lobby: Room = client.join("lobby", { history: 10 });
const stop: () => void = lobby.on("edited", ({ event, message }) => {
    const fact: LogEvent = event;
    const now: Message | undefined = message;
    console.log(fact.target, now?.content, now?.reactions["👍"]?.join());
});
stop();
lobby.on("read", ({ positions }) => positions.map(({ user, seq }) => `${user} ${seq + 1}`));

export async function talk(): Promise<Ack> {
    const ack = await lobby.send("hello", { replyTo: 1 });
    await lobby.react(ack.seq, "👍", false);
    const summaries: RoomSummary[] = await client.rooms();
    const other: string | undefined = summaries[0]?.with?.name;
    const items: (Message | Missing)[] = lobby.messages.list;
    for (const item of items) if (item.type === "hole") console.log(item.from, item.reason, other);
    try {
        await client.direct("bob", "hello");
    } catch (error) {
        if (error instanceof StentorError) console.log(error.code, error.retryAfterMs);
    }
    return ack;
}

// @ts-expect-error a content is text
void lobby.send(42);
// @ts-expect-error there is no such event
lobby.on("mesage", () => {});
// @ts-expect-error a client needs an address
new StentorClient({});
