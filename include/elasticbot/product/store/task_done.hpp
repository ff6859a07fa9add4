// Table task_done: ids of tasks whose effect is stored, written in the transaction of the effect.
// (decision 27)
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/product/store/timestamp.hpp>

#include <cstdint>

namespace pqxx {
class transaction_base;
}

namespace elasticbot::store {

// True: this transaction is the one that does the work. False: it is done already, and nothing is
// to be stored. Two transactions with the same id wait for each other here.
bool claim_task(pqxx::transaction_base& tx, const TaskId& id);

bool is_task_done(pqxx::transaction_base& tx, const TaskId& id);

// Forgets up to `batch` ids done before `cutoff`; returns how many.
std::int64_t delete_task_done_before(
    pqxx::transaction_base& tx, Timestamp cutoff, std::int64_t batch = 5000
);

}  // namespace elasticbot::store
