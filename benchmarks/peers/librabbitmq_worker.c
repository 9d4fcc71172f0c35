/* The limit: librabbitmq in C. Consumes, publishes the same body with pipelined confirms, acks; no JSON, no database. */
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define WINDOW 500

static void must(int ok, const char *what) {
    if (!ok) { fprintf(stderr, "failed: %s\n", what); exit(1); }
}

static void fine(amqp_rpc_reply_t reply, const char *what) { must(reply.reply_type == AMQP_RESPONSE_NORMAL, what); }

int main(int argc, char **argv) {
    struct amqp_connection_info at;
    must(argc == 2, "usage: URL");
    must(amqp_parse_url(argv[1], &at) == AMQP_STATUS_OK, "URL");
    amqp_connection_state_t c = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(c);
    must(amqp_socket_open(socket, at.host, at.port) == AMQP_STATUS_OK, "connect");
    fine(amqp_login(c, at.vhost, 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, at.user, at.password), "login");
    amqp_channel_open(c, 1);
    fine(amqp_get_rpc_reply(c), "channel");
    amqp_confirm_select(c, 1);
    amqp_basic_qos(c, 1, 0, WINDOW, 0);
    amqp_basic_consume(c, 1, amqp_cstring_bytes("peer.in"), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    fine(amqp_get_rpc_reply(c), "consume");
    amqp_basic_properties_t props = {0};
    props._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    props.delivery_mode = 2;
    uint64_t confirmed = 0, acked = 0;
    for (;;) {
        amqp_frame_t frame;
        amqp_maybe_release_buffers(c);
        must(amqp_simple_wait_frame(c, &frame) == AMQP_STATUS_OK, "frame");
        if (frame.frame_type != AMQP_FRAME_METHOD) continue;
        if (frame.payload.method.id == AMQP_BASIC_DELIVER_METHOD) {
            amqp_message_t message;
            fine(amqp_read_message(c, 1, &message, 0), "body");
            must(amqp_basic_publish(c, 1, amqp_empty_bytes, amqp_cstring_bytes("peer.out"), 1, 0, &props, message.body) == 0,
                 "publish");
            amqp_destroy_message(&message);
        } else if (frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
            amqp_basic_ack_t *ack = frame.payload.method.decoded;
            /* One publish per delivery, in order: the confirm's number is the delivery's. */
            confirmed = ack->multiple || ack->delivery_tag == confirmed + 1 ? ack->delivery_tag : confirmed;
            if (confirmed >= acked + 50) {
                amqp_basic_ack(c, 1, confirmed, 1);
                acked = confirmed;
            }
        } else {
            must(frame.payload.method.id != AMQP_BASIC_NACK_METHOD, "a nack");
        }
    }
}
