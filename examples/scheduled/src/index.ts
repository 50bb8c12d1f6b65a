interface Env {
  WATCHED: string;
}

interface Look {
  cron: string;
  scheduledFor: string;
  site: string;
  up: boolean;
  detail: string;
}

let lastLook: Look | undefined;

export default {
  async scheduled(controller, env) {
    const { up, detail } = await look(env.WATCHED);
    lastLook = {
      cron: controller.cron,
      scheduledFor: new Date(controller.scheduledTime).toISOString(),
      site: env.WATCHED,
      up,
      detail,
    };
    console.log(`${env.WATCHED} is ${up ? "up" : "down"}: ${detail}`);
  },

  fetch() {
    if (!lastLook) return new Response("not run yet\n", { status: 404 });
    return Response.json(lastLook, { status: lastLook.up ? 200 : 503 });
  },
} satisfies ExportedHandler<Env>;

async function look(site: string): Promise<{ up: boolean; detail: string }> {
  try {
    const response = await fetch(site, { method: "HEAD", redirect: "follow", signal: AbortSignal.timeout(10_000) });
    return { up: response.ok, detail: `status ${response.status}` };
  } catch (error) {
    return { up: false, detail: String(error) };
  }
}
