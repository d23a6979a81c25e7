// The peer `gorilla`: gorilla/websocket after its chat example, a reader and a writer goroutine for
// each connection, a prepared message for each broadcast; but a lock instead of the hub's goroutine,
// and every message stays one. Dialect and flags are those of every server in bench/peers/peers.json.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

const queued = 1024 // messages that wait for a reader; then it is let go

type member struct {
	socket *websocket.Conn
	queue  chan *websocket.PreparedMessage
}

type room struct {
	lock    sync.Mutex
	members map[*member]bool
}

var (
	roomsLock sync.Mutex
	rooms     = map[string]*room{}
	upgrader  = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
)

func roomOf(name string) *room {
	roomsLock.Lock()
	defer roomsLock.Unlock()
	if rooms[name] == nil {
		rooms[name] = &room{members: map[*member]bool{}}
	}
	return rooms[name]
}

func (r *room) add(m *member) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.members[m] = true
}

func (r *room) remove(m *member) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.members[m] {
		delete(r.members, m)
		close(m.queue)
	}
}

// Under the lock, so that every member sees the same order.
func (r *room) broadcast(message *websocket.PreparedMessage) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for m := range r.members {
		select {
		case m.queue <- message:
		default:
			delete(r.members, m)
			close(m.queue)
		}
	}
}

func (m *member) write() {
	defer m.socket.Close()
	for message := range m.queue {
		if m.socket.WritePreparedMessage(message) != nil {
			return
		}
	}
}

// The name of the room, from the first message that asks for one.
func joinedRoom(socket *websocket.Conn) (*room, error) {
	for {
		_, data, err := socket.ReadMessage()
		if err != nil {
			return nil, err
		}
		if name := strings.TrimPrefix(string(data), "join "); name != string(data) {
			return roomOf(name), nil
		}
	}
}

func serveRoom(response http.ResponseWriter, request *http.Request) {
	socket, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	r, err := joinedRoom(socket)
	if err != nil {
		socket.Close()
		return
	}
	m := &member{socket, make(chan *websocket.PreparedMessage, queued)}
	joined, _ := websocket.NewPreparedMessage(websocket.TextMessage, []byte("joined"))
	m.queue <- joined
	r.add(m)
	defer r.remove(m)
	go m.write()
	for {
		kind, data, err := socket.ReadMessage()
		if err != nil {
			return
		}
		message, err := websocket.NewPreparedMessage(kind, data)
		if err != nil {
			return
		}
		r.broadcast(message)
	}
}

func serveEcho(response http.ResponseWriter, request *http.Request) {
	socket, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	for {
		kind, data, err := socket.ReadMessage()
		if err != nil || socket.WriteMessage(kind, data) != nil {
			return
		}
	}
}

func writePortsFile(path string, address string) {
	text, _ := json.Marshal(map[string]any{"pid": os.Getpid(), "listen": []string{address}})
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		log.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		log.Fatal(err)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	portsFile := flag.String("ports-file", "", "write pid and address here as JSON")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	if *portsFile != "" {
		writePortsFile(*portsFile, listener.Addr().String())
	}
	http.HandleFunc("/", serveRoom)
	http.HandleFunc("/echo", serveEcho)
	log.Fatal(http.Serve(listener, nil))
}
