<?php
// The peer `php-select`: a chat on a stream_select() loop as the tutorials write it, with the least of
// RFC 6455 by hand, but buffers in both directions. select() knows 1024 descriptors. Dialect and
// flags are those of every server in bench/peers/peers.json.
declare(strict_types=1);

const READ_BYTES = 65536;
const FRAME_BYTES_MAX = 1 << 20;
const WAITING_BYTES_MAX = 4 << 20;
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

final class Client
{
    public string $in = '';
    public string $out = '';
    public bool $upgraded = false;
    public bool $echo = false;
    public bool $closing = false;
    public ?string $room = null;

    /** @param resource $socket */
    public function __construct(public int $id, public $socket)
    {
    }
}

/** @var array<int, Client> */
$clients = [];
/** @var array<string, array<int, Client>> */
$rooms = [];

function frame(string $payload, int $opcode = 1): string
{
    $bytes = strlen($payload);
    $head = chr(0x80 | $opcode);
    if ($bytes < 126) {
        return $head . chr($bytes) . $payload;
    }
    return $bytes < 65536 ? $head . pack('Cn', 126, $bytes) . $payload : $head . pack('CJ', 127, $bytes) . $payload;
}

/** The next frame of what came as [opcode, payload], null when it is not whole yet; $offset moves behind it. */
function next_frame(string $in, int &$offset): ?array
{
    $left = strlen($in) - $offset;
    if ($left < 6) {
        return null;
    }
    $bytes = ord($in[$offset + 1]) & 0x7f;
    $head = [126 => 4, 127 => 10][$bytes] ?? 2;
    if ($left < $head + 4) {
        return null;
    }
    if ($bytes === 126) {
        $bytes = unpack('n', $in, $offset + 2)[1];
    } elseif ($bytes === 127) {
        $bytes = unpack('J', $in, $offset + 2)[1];
    }
    if ($bytes < 0 || $bytes > FRAME_BYTES_MAX) {
        return [8, ''];
    }
    if ($left < $head + 4 + $bytes) {
        return null;
    }
    $key = substr($in, $offset + $head, 4);
    $payload = substr($in, $offset + $head + 4, $bytes) ^ str_repeat($key, intdiv($bytes, 4) + 1);
    $opcode = ord($in[$offset]) & 0x0f;
    $offset += $head + 4 + $bytes;
    return [$opcode, $payload];
}

/** Sends at once what the socket takes; the rest waits until it is writable. */
function send(Client $client, string $bytes): void
{
    if ($client->out === '') {
        $sent = @fwrite($client->socket, $bytes);
        if ($sent === strlen($bytes)) {
            return;
        }
        $bytes = substr($bytes, (int) $sent);
    }
    $client->out .= $bytes;
    if (strlen($client->out) > WAITING_BYTES_MAX) {
        $client->closing = true;
    }
}

function on_writable(Client $client): void
{
    $sent = @fwrite($client->socket, $client->out);
    if ($sent === false) {
        $client->closing = true;
        return;
    }
    $client->out = substr($client->out, $sent);
}

function upgrade(Client $client): bool
{
    $end = strpos($client->in, "\r\n\r\n");
    if ($end === false || !preg_match('/^Sec-WebSocket-Key:\s*(\S+)/mi', $client->in, $key)) {
        $client->closing = $end !== false || strlen($client->in) > READ_BYTES;
        return false;
    }
    $client->echo = str_starts_with($client->in, 'GET /echo ');
    $client->in = substr($client->in, $end + 4);
    $client->upgraded = true;
    send($client, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        . 'Sec-WebSocket-Accept: ' . base64_encode(sha1($key[1] . KEY_SUFFIX, true)) . "\r\n\r\n");
    return true;
}

function on_message(Client $client, string $payload, int $opcode): void
{
    global $rooms;
    if ($client->echo) {
        send($client, frame($payload, $opcode));
    } elseif ($client->room !== null) {
        $bytes = frame($payload, $opcode);
        foreach ($rooms[$client->room] as $member) {
            send($member, $bytes);
        }
    } elseif (str_starts_with($payload, 'join ')) {
        $client->room = substr($payload, 5);
        $rooms[$client->room][$client->id] = $client;
        send($client, frame('joined'));
    }
}

function on_readable(Client $client): void
{
    $came = fread($client->socket, READ_BYTES);
    if ($came === false || $came === '') {
        $client->closing = true;
        return;
    }
    $client->in .= $came;
    if (!$client->upgraded && !upgrade($client)) {
        return;
    }
    $offset = 0;
    while (!$client->closing && ($next = next_frame($client->in, $offset)) !== null) {
        [$opcode, $payload] = $next;
        match ($opcode) {
            1, 2 => on_message($client, $payload, $opcode),
            8 => $client->closing = true,
            9 => send($client, frame($payload, 10)),
            default => null,
        };
    }
    $client->in = substr($client->in, $offset);
}

function forget(Client $client): void
{
    global $clients, $rooms;
    if ($client->room !== null) {
        unset($rooms[$client->room][$client->id]);
        if ($rooms[$client->room] === []) {
            unset($rooms[$client->room]);
        }
    }
    unset($clients[$client->id]);
    fclose($client->socket);
}

/** @param resource $listener */
function accept($listener): void
{
    global $clients;
    $socket = @stream_socket_accept($listener, 0);
    if ($socket === false) {
        return;
    }
    stream_set_blocking($socket, false);
    stream_set_read_buffer($socket, 0); // select() would not see what is kept there
    $id = get_resource_id($socket);
    $clients[$id] = new Client($id, $socket);
}

/** @param resource $listener */
function turn($listener): void
{
    global $clients;
    $readable = [$listener];
    $writable = [];
    foreach ($clients as $id => $client) {
        $readable[$id] = $client->socket;
        if ($client->out !== '') {
            $writable[$id] = $client->socket;
        }
    }
    $none = null;
    if (stream_select($readable, $writable, $none, null) === false) {
        exit(1);
    }
    foreach ($writable as $id => $_) {
        on_writable($clients[$id]);
    }
    foreach ($readable as $id => $socket) {
        $socket === $listener ? accept($listener) : on_readable($clients[$id]);
    }
    foreach ($clients as $client) {
        if ($client->closing) {
            forget($client);
        }
    }
}

$options = getopt('', ['listen:', 'ports-file:']);
$context = stream_context_create(['socket' => ['backlog' => 1024, 'tcp_nodelay' => true]]);
$listener = stream_socket_server('tcp://' . ($options['listen'] ?? '127.0.0.1:0'), $code, $why,
    STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
if ($listener === false) {
    fwrite(STDERR, "php-select: $why\n");
    exit(1);
}
stream_set_blocking($listener, false);
if (isset($options['ports-file'])) {
    $ports = ['pid' => getmypid(), 'listen' => [stream_socket_get_name($listener, false)]];
    file_put_contents($options['ports-file'] . '.new', json_encode($ports));
    rename($options['ports-file'] . '.new', $options['ports-file']);
}
while (true) {
    turn($listener);
}
