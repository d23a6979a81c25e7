// The peer `beast`: Boost.Beast on one Asio thread after its chat example: a session for each
// connection with a queue of shared messages. Dialect and flags are those of every server in
// bench/peers/peers.json.
// Thread: one.
// Invariant: a session writes one message at a time, and lives as long as it reads or writes.
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using Tcp = asio::ip::tcp;
using beast::error_code;

constexpr std::size_t kWaitingMax = 4096;  // messages that wait for a reader; then it is let go
constexpr std::string_view kJoin = "join ";

class Session;
using Room = std::set<Session*>;

struct Message {
    bool text;
    std::string payload;
};

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(Tcp::socket socket, std::map<std::string, Room>& rooms)
        : stream_(std::move(socket)), rooms_(rooms) {}
    ~Session() {
        if (room_ != nullptr) room_->erase(this);
    }

    void run() {
        http::async_read(stream_.next_layer(), buffer_, request_,
                         [self = shared_from_this()](error_code error, std::size_t) {
                             if (!error) self->accept();
                         });
    }

    void send(std::shared_ptr<const Message> message) {
        waiting_.push_back(std::move(message));
        if (waiting_.size() > kWaitingMax) beast::get_lowest_layer(stream_).close();
        if (waiting_.size() == 1) write();
    }

private:
    void accept() {
        echo_ = request_.target() == "/echo";
        stream_.next_layer().socket().set_option(Tcp::no_delay(true));
        stream_.auto_fragment(false);  // a message is a frame, at any size
        stream_.async_accept(request_, [self = shared_from_this()](error_code error) {
            if (!error) self->read();
        });
    }

    void read() {
        stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error) return;
            self->on_message(
                {self->stream_.got_text(), beast::buffers_to_string(self->buffer_.data())});
            self->buffer_.consume(self->buffer_.size());
            self->read();
        });
    }

    void on_message(Message message) {
        if (echo_) {
            send(std::make_shared<const Message>(std::move(message)));
        } else if (room_ != nullptr) {
            const auto shared = std::make_shared<const Message>(std::move(message));
            for (Session* member : *room_) member->send(shared);
        } else if (message.payload.starts_with(kJoin)) {
            room_ = &rooms_[message.payload.substr(kJoin.size())];
            room_->insert(this);
            send(std::make_shared<const Message>(Message{true, "joined"}));
        }
    }

    void write() {
        stream_.text(waiting_.front()->text);
        stream_.async_write(asio::buffer(waiting_.front()->payload),
                            [self = shared_from_this()](error_code error, std::size_t) {
                                if (error) return;
                                self->waiting_.pop_front();
                                if (!self->waiting_.empty()) self->write();
                            });
    }

    websocket::stream<beast::tcp_stream> stream_;
    std::map<std::string, Room>& rooms_;
    Room* room_ = nullptr;
    bool echo_ = false;
    beast::flat_buffer buffer_;
    http::request<http::string_body> request_;
    std::deque<std::shared_ptr<const Message>> waiting_;
};

class Server {
public:
    Server(asio::io_context& context, const Tcp::endpoint& where) : acceptor_(context, where) {
        accept();
    }
    std::string address() const {
        const Tcp::endpoint bound = acceptor_.local_endpoint();
        return bound.address().to_string() + ":" + std::to_string(bound.port());
    }

private:
    void accept() {
        acceptor_.async_accept([this](error_code error, Tcp::socket socket) {
            if (!error) std::make_shared<Session>(std::move(socket), rooms_)->run();
            accept();
        });
    }

    std::map<std::string, Room> rooms_;
    Tcp::acceptor acceptor_;
};

void write_ports_file(const std::string& path, const std::string& address) {
    const std::string fresh = path + ".new";
    std::ofstream(fresh) << "{\"pid\":" << ::getpid() << ",\"listen\":[\"" << address << "\"]}\n";
    std::rename(fresh.c_str(), path.c_str());
}

void serve(std::string_view listen, const std::string& ports_file) {
    const std::size_t colon = listen.rfind(':');
    const Tcp::endpoint where(
        asio::ip::make_address(std::string(listen.substr(0, colon))),
        static_cast<std::uint16_t>(std::stoul(std::string(listen.substr(colon + 1)))));
    asio::io_context context{1};
    const Server server(context, where);
    if (!ports_file.empty()) write_ports_file(ports_file, server.address());
    context.run();
}

}  // namespace

int main(int argc, char** argv) {
    std::string listen = "127.0.0.1:0";
    std::string ports_file;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::string_view(argv[i]) == "--listen") listen = argv[i + 1];
        if (std::string_view(argv[i]) == "--ports-file") ports_file = argv[i + 1];
    }
    try {
        serve(listen, ports_file);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "stentor-peer-beast: %s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
