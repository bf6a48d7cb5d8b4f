#include "serve/http/resident_models.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <vector>

#include "serve/http/catalog.h"
#include "tests/loader/encoder_fixtures.h"
#include "tests/serve/fake_engine.h"

namespace filigree::serve {
namespace {

using Kind = EndpointState::Kind;

// Endpoints "a", "b" and "c" with models of 700 bytes, and room for two of them.
class ResidentModelsTest : public testing::Test {
 protected:
  static constexpr std::size_t kLimit = 1500;

  Kind kind(std::size_t endpoint) const { return catalog_.state(endpoint)->kind; }
  std::vector<Kind> kinds() const { return {kind(0), kind(1), kind(2)}; }

  FakeEngine engine_;
  const Config config_ = fake_config({"a", "b", "c"});
  const Backend backend_ = engine_.backend();
  const std::shared_ptr<ResidentModels> models_ =
      std::make_shared<ResidentModels>(ModelLimits{.max_memory = kLimit});
  Catalog catalog_{config_, backend_, models_};
};

TEST_F(ResidentModelsTest, LeavesUnloadedWhatFindsNoRoom) {
  catalog_.load({}, Catalog::Extent::kWhatFits);
  EXPECT_TRUE(catalog_.wait_until_loaded({}));
  EXPECT_EQ(kinds(), (std::vector{Kind::kReady, Kind::kReady, Kind::kUnloaded}));
  EXPECT_EQ(engine_.loads(), 2U);
  EXPECT_EQ(models_->used_bytes(), 1400U);
}

TEST_F(ResidentModelsTest, LoadsEachOnceWhenAllAreTried) {
  engine_.fail_model("b", "broken");
  catalog_.load({});
  EXPECT_EQ(kinds(), (std::vector{Kind::kReady, Kind::kFailed, Kind::kReady}));
  Catalog again(config_, backend_,
                std::make_shared<ResidentModels>(ModelLimits{.max_memory = 900}));
  again.load({});
  EXPECT_EQ(again.state(0)->kind, Kind::kUnloaded);
  EXPECT_EQ(again.state(2)->kind, Kind::kReady);
  EXPECT_EQ(again.failure({}), "endpoint 'b' cannot be served: broken");
}

TEST_F(ResidentModelsTest, UnloadTheOneThatWasUsedLeastRecently) {
  catalog_.load({}, Catalog::Extent::kWhatFits);
  catalog_.load_on_request(2, {});
  EXPECT_EQ(kinds(), (std::vector{Kind::kUnloaded, Kind::kReady, Kind::kReady}));
  catalog_.use(1).reset();
  catalog_.load_on_request(0, {});
  EXPECT_EQ(kinds(), (std::vector{Kind::kReady, Kind::kReady, Kind::kUnloaded}));
  EXPECT_EQ(models_->unloads(), 2U);
  EXPECT_EQ(models_->used_bytes(), 1400U);
}

TEST_F(ResidentModelsTest, KeepWhatHasARequestInFlight) {
  catalog_.load({}, Catalog::Extent::kWhatFits);
  const auto in_flight = catalog_.use(0);
  catalog_.use(1).reset();  // later, and answered
  catalog_.load_on_request(2, {});
  EXPECT_EQ(kinds(), (std::vector{Kind::kReady, Kind::kUnloaded, Kind::kReady}));
}

TEST_F(ResidentModelsTest, LetTheOldestFinishWhenAllHaveRequestsInFlight) {
  catalog_.load({}, Catalog::Extent::kWhatFits);
  auto first = catalog_.use(0);
  const auto second = catalog_.use(1);
  std::jthread loading([&] { catalog_.load_on_request(2, {}); });
  while (kind(0) != Kind::kUnloaded) std::this_thread::yield();
  EXPECT_NE(kind(2), Kind::kReady);
  EXPECT_EQ(first->kind, Kind::kReady);  // for the request that has it
  EXPECT_EQ(models_->used_bytes(), 1400U);
  first.reset();
  loading.join();
  EXPECT_EQ(kinds(), (std::vector{Kind::kUnloaded, Kind::kReady, Kind::kReady}));
  EXPECT_EQ(models_->used_bytes(), 1400U);
}

TEST_F(ResidentModelsTest, GiveUpWaitingForMemoryAfterTheTimeout) {
  const auto models = std::make_shared<ResidentModels>(
      ModelLimits{.max_memory = 800, .load_timeout = std::chrono::milliseconds(20)});
  Catalog catalog(config_, backend_, models);
  catalog.load({}, Catalog::Extent::kWhatFits);
  const auto in_flight = catalog.use(0);
  catalog.load_on_request(2, {});
  EXPECT_EQ(catalog.state(2)->kind, Kind::kUnloaded);
  ASSERT_TRUE(catalog.shortage(2));
  EXPECT_EQ(shortage_text(*catalog.shortage(2)),
            "it needs 700 bytes of memory, 700 are used and max_memory is 800");
}

TEST_F(ResidentModelsTest, RefuseWhatDoesNotFitAlone) {
  engine_.set_memory("c", {.bytes = 1600, .expected = 10});
  catalog_.load({}, Catalog::Extent::kWhatFits);
  EXPECT_EQ(kinds(), (std::vector{Kind::kReady, Kind::kReady, Kind::kFailed}));
  EXPECT_EQ(catalog_.state(2)->error,
            "c: it needs 1600 bytes of memory, 1400 are used and max_memory is 1500");
  EXPECT_EQ(models_->used_bytes(), 1400U);
}

TEST_F(ResidentModelsTest, MakeRoomForWhatIsLargerThanExpected) {
  engine_.set_memory("c", {.bytes = 1000, .expected = 10});
  catalog_.load({}, Catalog::Extent::kWhatFits);
  EXPECT_EQ(kinds(), (std::vector{Kind::kUnloaded, Kind::kUnloaded, Kind::kReady}));
  EXPECT_EQ(models_->used_bytes(), 1000U);
}

// Expected is the size of the file, which sparse models come nowhere near.
TEST_F(ResidentModelsTest, LoadWhatIsExpectedToBeTooLarge) {
  engine_.set_memory("a", {.bytes = 700, .expected = 100'000});
  catalog_.load({}, Catalog::Extent::kWhatFits);
  EXPECT_EQ(kinds(), (std::vector{Kind::kReady, Kind::kReady, Kind::kUnloaded}));
}

TEST_F(ResidentModelsTest, GoOnInTheNextCatalogAsTheyWere) {
  catalog_.load({}, Catalog::Extent::kWhatFits);
  const Config config = fake_config({"b", "c", "d"});
  engine_.fail_model("d", "broken");
  Catalog next(config, backend_, catalog_);
  next.load({});
  EXPECT_EQ(next.state(0)->loaded, catalog_.state(1)->loaded);
  EXPECT_EQ(next.state(1)->kind, Kind::kUnloaded);  // nobody has asked for it
  EXPECT_EQ(next.state(2)->kind, Kind::kFailed);    // tried, as it is new
  EXPECT_EQ(engine_.loads(), 3U);
  next.load_on_request(1, {});
  EXPECT_EQ(next.state(1)->kind, Kind::kReady);
  EXPECT_EQ(kind(2), Kind::kUnloaded);  // the first catalog's endpoint has not asked
  catalog_.load_on_request(2, {});
  EXPECT_EQ(catalog_.state(2)->loaded, next.state(1)->loaded);
  EXPECT_EQ(engine_.loads(), 4U);
}

// Models with one word table of 4 MB, and little else.
class TeachersModels : public testing::Test {
 protected:
  static constexpr std::int64_t kWords = 32'768;
  static constexpr std::size_t kTableBytes = kWords * 32 * sizeof(float);

  static std::shared_ptr<const LoadedModel> model(float value) {
    loader::Graph graph = loader::fixture_graph("legacy14_eager");
    for (auto& [name, tensor] : graph.initializers)
      if (tensor.dims() == loader::Dims{60, 32})
        tensor = loader::Tensor::of<float>({kWords, 32}, std::vector<float>(kWords * 32, value));
    auto loaded = std::make_shared<LoadedModel>();
    loaded->parts.model = loader::make_model(graph);
    return loaded;
  }

  // Loads it as a catalog does; false: there is no memory.
  static bool load(ResidentModels& models, ResidentModels::Slot& slot, float value,
                   ResidentModels::Room room) {
    auto memory = models.reserve(slot, kTableBytes, room, {}, {});
    if (std::holds_alternative<MemoryShortage>(memory)) return false;
    auto loaded = std::make_shared<LoadedModel>(*model(value));
    loaded->parts.model = models.counted(std::move(loaded->parts.model));
    return !models.put(slot, std::get<0>(std::move(memory)), std::move(loaded));
  }

  static std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }
};

TEST_F(TeachersModels, CountWhatTheyShareOnce) {
  using Room = ResidentModels::Room;
  const auto models = std::make_shared<ResidentModels>(
      ModelLimits{.max_memory = 2 * kTableBytes + kTableBytes / 2});
  const auto first = models->make_slot("first");
  const auto second = models->make_slot("second");
  const auto other = models->make_slot("other");
  ASSERT_TRUE(load(*models, *first, 1, Room::kFree));
  const std::size_t one = models->used_bytes();
  EXPECT_GT(one, kTableBytes);
  EXPECT_LT(one, kTableBytes + kTableBytes / 8);
  ASSERT_TRUE(load(*models, *second, 1, Room::kFree));
  EXPECT_EQ(models->used_bytes(), 2 * one - kTableBytes);
  ASSERT_TRUE(load(*models, *other, 2, Room::kMake));
  EXPECT_EQ(models->unloads(), 0U);
  // The table stays as long as one of the two does, and needs no memory for the other.
  const auto in_use = models->pin(second);
  const auto third = models->make_slot("third");
  ASSERT_TRUE(load(*models, *third, 3, Room::kMake));
  EXPECT_EQ(models->loaded(*first), nullptr);
  EXPECT_EQ(models->loaded(*other), nullptr);
  EXPECT_EQ(models->used_bytes(), 2 * one);
  EXPECT_TRUE(load(*models, *first, 1, Room::kFree));
  EXPECT_FALSE(load(*models, *other, 2, Room::kFree));
}

TEST_F(TeachersModels, LeaveNothingBehindAfterAHundredRounds) {
  constexpr int kRounds = 100, kWarmUp = 10;
  const auto models =
      std::make_shared<ResidentModels>(ModelLimits{.max_memory = kTableBytes + kTableBytes / 2});
  const auto a = models->make_slot("a");
  const auto b = models->make_slot("b");
  [[maybe_unused]] std::size_t early = 0;  // the sanitizers leave out what reads it
  for (int round = 0; round < kRounds; ++round) {
    const bool is_even = round % 2 == 0;
    const auto& slot = is_even ? a : b;
    ASSERT_TRUE(load(*models, *slot, is_even ? 1 : 2, ResidentModels::Room::kMake)) << round;
    EXPECT_EQ(models->loaded(*(is_even ? b : a)), nullptr);
    EXPECT_LT(models->used_bytes(), kTableBytes + kTableBytes / 8);
    EXPECT_EQ(loader::shared_bytes(*models->loaded(*slot)->parts.model), 0U);
    if (round == kWarmUp - 1) early = resident_bytes();
  }
  EXPECT_EQ(models->unloads(), static_cast<std::size_t>(kRounds - 1));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // A model or its table left behind in every round, or in one of twenty, would be more. The heap
  // keeps one that was freed where something lies behind it; the sanitizers keep freed memory on
  // purpose.
  EXPECT_LT(resident_bytes(), early + 2 * kTableBytes);
#endif
}

TEST(UnlimitedModels, LargeOnesAreLoadedFirstAndSeenWhereTheyStand) {
  FakeEngine engine;
  engine.set_memory("b", {.bytes = 7, .expected = 900});
  engine.set_memory("c", {.bytes = 8, .expected = 800});
  Backend backend = engine.backend();
  std::vector<std::filesystem::path> order;
  backend.load_model = [&, load = backend.load_model](const std::filesystem::path& path,
                                                      const loader::LoadOptions& options) {
    order.push_back(path);
    return load(path, options);
  };
  const Config config = fake_config({"a", "b", "c", "d"});
  Catalog catalog(config, backend);
  EXPECT_EQ(catalog.progress(1)->position, 1U);
  EXPECT_EQ(catalog.progress(3)->position, 4U);
  catalog.load({});
  EXPECT_EQ(order, (std::vector<std::filesystem::path>{"b", "c", "a", "d"}));
  EXPECT_EQ(catalog.state(1)->loaded->parts.model->memory_bytes, 7U);
  EXPECT_EQ(catalog.state(2)->loaded->parts.model->memory_bytes, 8U);
}

// Real files, with copies of their matrices as for two NUMA nodes, and room for one model and what
// the other one takes without copies.
TEST(ReplicatedModels, CountWithTheirCopiesBeforeTheyAreLoaded) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("replicated_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  for (const char* name : {"a.onnx", "b.onnx"})
    fs::copy_file(loader::fixture_file("int8_u8"), folder / name);
  const kernels::Isa isa = kernels::supported_tables().back().isa;
  const Backend once = loading_backend(isa, {.folder = folder / "cache"});
  for (const char* name : {"a.onnx", "b.onnx"}) once.load_model(folder / name, {});
  FakeEngine fake;
  Backend backend = fake.backend();
  const Backend twice = loading_backend(isa, {.folder = folder / "cache"},
                                        {loader::WeightPlacement::Policy::kReplicated, {0, 1}});
  backend.expected_memory = twice.expected_memory;
  const std::size_t limit = twice.load_model(folder / "a.onnx", {})->memory_bytes +
                            once.expected_memory(folder / "b.onnx", {});
  Config config = fake_config({folder / "a.onnx", folder / "b.onnx"});
  for (EndpointConfig& endpoint : config.endpoints)
    endpoint.options = default_options(TaskKind::kEmbeddingExtraction);
  const auto kinds_after = [&](Catalog::Extent extent, std::vector<std::size_t>& used) {
    const auto models = std::make_shared<ResidentModels>(ModelLimits{.max_memory = limit});
    backend.load_model = [&](const fs::path& path, const loader::LoadOptions& options) {
      used.push_back(models->used_bytes());
      return twice.load_model(path, options);
    };
    Catalog catalog(config, backend, models);
    catalog.load({}, extent);
    EXPECT_EQ(catalog.failure({}), "");
    return std::vector{catalog.state(0)->kind, catalog.state(1)->kind};
  };
  std::vector<std::size_t> used;
  EXPECT_EQ(kinds_after(Catalog::Extent::kWhatFits, used),
            (std::vector{Kind::kReady, Kind::kUnloaded}));
  EXPECT_EQ(used, (std::vector<std::size_t>{0}));
  used.clear();
  EXPECT_EQ(kinds_after(Catalog::Extent::kEach, used),
            (std::vector{Kind::kUnloaded, Kind::kReady}));
  EXPECT_EQ(used, (std::vector<std::size_t>{0, 0}));  // the first went before the second came
  fs::remove_all(folder);
}

}  // namespace
}  // namespace filigree::serve
